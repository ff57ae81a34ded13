# shellcheck shell=bash disable=SC2034,SC2154 # the variables come from the scripts beside this one
# SPDX-License-Identifier: Apache-2.0
# The steps of the demo, and how it is undone from wherever it stopped.

holder=/run/vdpactl-huge-pages/holder.quickstart # there while a stack or huge pages of ours are
resumes=0        # whether an earlier run left something
stack_is_ours=0  # whether what is deployed goes away at the end
pages_are_ours=0
scratch=''

# vdpactl ARGUMENT...: as root, with the Node.js that was found.
vdpactl() {
  local to=$log
  if [[ $1 == --to ]]; then
    to=$2
    shift 2
  fi
  if ((dry_run)); then say "would run: ${root[*]:+sudo }bin/vdpactl.js $*" && return 0; fi
  run_to "$to" "${root[@]}" env "PATH=$PATH" node bin/vdpactl.js "$@"
}

set_pages() {
  run "${root[@]}" scripts/quickstart/huge-pages.sh "$@"
}

set_aside_huge_pages() {
  local need=0 file pages code=0
  begin 'Huge pages'
  file=/sys/kernel/mm/hugepages/hugepages-$(awk '/^Hugepagesize:/ { print $2 }' /proc/meminfo)kB/nr_hugepages
  if ((dry_run)); then
    say 'would set aside as many as vdpactl check finds missing'
    return 0
  fi
  scratch=$(mktemp)
  # Exit code 1 says that pages are missing, which is what is asked here.
  vdpactl --to "$scratch" check --provider local --only VDPA-HUGE-001 -o json || code=$?
  need=$(node scripts/quickstart/huge-page-need.mjs <"$scratch" 2>>"$log") ||
    fail $((code > 1 ? code : 5)) 'vdpactl check does not say how many are needed' 'mend what is named above, then run ./quickstart again'
  pages=${need%% *}
  if [[ -e $holder ]]; then resumes=1; fi
  if ((pages > 0)); then file=${need#* }; fi
  pages_are_ours=1
  set_pages set-aside quickstart $$ "$file" "$pages" ||
    fail $? 'the huge pages could not be set aside' 'do what is said above, then run ./quickstart again'
  if ((pages > 0)); then finish "$(last_output), put back at the end"; else finish 'enough are free'; fi
}

# stack_state: absent, healthy or degraded.
stack_state() {
  "${root[@]}" env "PATH=$PATH" node bin/vdpactl.js status -o json 2>>"$log" |
    node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).state'
}

deploy() {
  begin 'Deploy the stack'
  # A stack that was there before we came belongs to somebody else and stays.
  if ((!dry_run)) && { ((resumes)) || [[ $(stack_state || true) == absent ]]; }; then stack_is_ours=1; fi
  vdpactl deploy --provider local || fail $? 'vdpactl deploy failed' 'do what it says above, then run ./quickstart again'
  if ((stack_is_ours)); then finish 'running'; else finish 'it was there before'; fi
}

measure() {
  local result=$reports/quickstart/result.txt
  begin 'Measure l3fwd on it (about half a minute)'
  if ((!dry_run)); then mkdir -p "$reports/quickstart" && : >"$result"; fi
  vdpactl --to "$result" bench --workload l3fwd --report "$reports/quickstart" ||
    fail $? 'vdpactl bench failed' 'do what it says above, then run ./quickstart again'
  if ((dry_run)); then return 0; fi
  if ((${#root[@]})); then "${root[@]}" chown -R "$(id -u):$(id -g)" "$reports"; fi
  finish 'done'
  printf '\n'
  sed 's/^\(.\)/      \1/' "$result"
  printf '\n'
}

remove_stack() {
  begin 'Remove the stack'
  if ((!stack_is_ours && !dry_run)); then
    finish 'it was there before: it stays'
    return 0
  fi
  vdpactl destroy || fail $? 'vdpactl destroy failed' 'do what it says above, then run: bin/vdpactl.js destroy'
  stack_is_ours=0
  finish 'nothing is left'
}

put_huge_pages_back() {
  local change
  begin 'Put huge pages back'
  set_pages put-back quickstart || fail $? 'the huge pages could not be put back' 'do what is said above'
  pages_are_ours=0
  change=$(last_output)
  if [[ $change == "${change#* -> } -> "* ]]; then finish 'as they were'; else finish "$change"; fi
}

leave_running() {
  if ((dry_run)); then return 0; fi
  set_pages keep quickstart
  stack_is_ours=0
  pages_are_ours=0
  show_next
  printf 'To remove the stack and put the huge pages back: ./quickstart again, or\n'
  printf '  bin/vdpactl.js destroy && scripts/quickstart/huge-pages.sh put-back quickstart\n'
}

# show_next: where Node.js is, for those who had none in PATH.
show_next() {
  printf '\nNext: bin/vdpactl.js status, as root\n'
  if [[ $PATH == "$node_home"/* ]]; then printf 'Node.js is in %s: put it in PATH first\n' "$node_home/node_modules/.bin"; fi
}

# tidy_up: whatever happened, the stack goes and the huge pages are as they were. Nothing interrupts this.
tidy_up() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  set +e
  if ((code != 0)); then end_line; fi
  if [[ -n $scratch ]]; then rm -f "$scratch"; fi
  if [[ -n $interrupted ]]; then printf '\nquickstart: interrupted (SIG%s)\n' "$interrupted" >&2; fi
  if ((stack_is_ours)); then
    undo 'vdpactl destroy' 'bin/vdpactl.js destroy' env "PATH=$PATH" node bin/vdpactl.js destroy || ((code)) || code=5
  fi
  if ((pages_are_ours)); then
    undo 'huge pages put back' 'scripts/quickstart/huge-pages.sh put-back quickstart' \
      scripts/quickstart/huge-pages.sh put-back quickstart || ((code)) || code=5
  fi
  if [[ -n $interrupted ]]; then printf '  next: run ./quickstart again; it goes on from what is there\n' >&2; fi
  exit "$code"
}

# undo WHAT BY_HAND COMMAND...
undo() {
  local what=$1 by_hand=$2
  shift 2
  output_from=$(stat -c %s "$log")
  if "${root[@]}" "$@" >>"$log" 2>&1 9>&- </dev/null; then
    printf '  tidied up: %s\n' "$what" >&2
    return 0
  fi
  {
    printf '  could not tidy up: %s\n' "$what"
    last_output | sed 's/^/  | /'
    printf '  next: as root: %s\n' "$by_hand"
  } >&2
  return 1
}
