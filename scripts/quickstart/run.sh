# shellcheck shell=bash disable=SC2034,SC2154 # log and dry_run come from console.sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tools: with their output in the log, as root where needed, and so that a signal ends them at once.

root=()        # what makes a command run as root; empty when we are
child=''       # the tool that runs
interrupted='' # the signal that came
whole=0        # whether the tool must come to its end, whatever signal comes

# run COMMAND...: its output goes to the log; answers its exit code, and ends the script when a signal came.
run() {
  run_to "$log" "$@"
}

# run_to FILE COMMAND...: the same, with standard output in FILE.
run_to() {
  local file=$1 code=0 signals=('--default-signal=INT,QUIT')
  shift
  if ((dry_run)); then
    say "would run: $*"
    return 0
  fi
  printf '$ %s\n' "$*" >>"$log"
  output_from=$(stat -c %s "$log")
  # Only a background program can be waited for in a way that a signal to this script alone ends; and bash lets those
  # ignore Ctrl-C unless told otherwise. 9 is our lock, which a daemon must not inherit.
  if ((whole)); then signals=(); fi
  env "${signals[@]}" "$@" >>"$file" 2>>"$log" 9>&- </dev/null &
  child=$!
  if [[ -n $interrupted ]]; then pass_on; fi
  wait "$child" || code=$?
  # A signal ends `wait` early; the tool was told and is given the time to tidy up.
  while [[ -d /proc/$child ]]; do
    code=0
    wait "$child" || code=$?
  done
  child=''
  if [[ -n $interrupted ]]; then exit 130; fi
  return "$code"
}

# run_whole COMMAND...: the same for what would leave half a job behind: a signal ends the script after it.
run_whole() {
  local code=0
  whole=1
  run "$@" || code=$?
  whole=0
  return "$code"
}

# pass_on: a tool under sudo cannot be told by us; from the keyboard it has the signal already.
pass_on() {
  if ((whole)); then
    say 'waiting for the tool that runs to finish: stopped now, it would leave half a job behind'
    return 0
  fi
  kill -s "$interrupted" "$child" 2>/dev/null || true
}

on_signal() {
  interrupted=$1
  if [[ -n $child ]]; then pass_on; else exit 130; fi
}

catch_signals() {
  local signal
  # shellcheck disable=SC2064 # each trap names its own signal
  for signal in INT TERM HUP; do trap "on_signal $signal" "$signal"; done
}

# become_root: how commands run as root from here on; fails where there is no way.
become_root() {
  if ((EUID == 0)); then return 0; fi
  type -P sudo >/dev/null || return 1
  root=(sudo --)
  if ((dry_run)) || sudo -n true 2>/dev/null; then return 0; fi
  # Without a terminal nobody could type the password.
  [[ -t 0 ]] || return 1
  end_line
  sudo -v
}
