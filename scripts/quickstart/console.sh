# shellcheck shell=bash disable=SC2034 # used by the scripts beside this one
# SPDX-License-Identifier: Apache-2.0
# What a person sees: numbered steps of one line each. What the tools print goes to the log.

assume_yes=0
dry_run=0
steps=0
step_number=0
step_title=''
step_began=0
line_open=0
log=/dev/null
output_from=0 # where the output of the last tool begins in the log

# begin TITLE: opens the line of the next step.
begin() {
  end_line
  step_number=$((step_number + 1))
  step_title=$1
  step_began=$SECONDS
  printf '[%d/%d] %s ... ' "$step_number" "$steps" "$1"
  line_open=1
}

# finish TEXT: closes the line of the step, or says it below when something was said in between.
finish() {
  local took=$((SECONDS - step_began)) text=$1
  # A dry run has said what it would do.
  if ((dry_run && !line_open)); then return 0; fi
  if ((took > 1)); then text+=" ($took s)"; fi
  if ((line_open)); then printf '%s\n' "$text"; else printf '      %s\n' "$text"; fi
  line_open=0
}

end_line() {
  if ((line_open)); then printf '\n'; fi
  line_open=0
}

# say TEXT: a line that belongs to the step.
say() {
  end_line
  printf '      %s\n' "$1"
}

# open_log FILE: begins a new log; fails where it cannot be written.
open_log() {
  { mkdir -p "$(dirname "$1")" && : >"$1"; } 2>/dev/null || return 1
  log=$1
}

# last_output: what the last tool printed, without the middle where it is long: some name the cause first, some last.
last_output() {
  if [[ $log == /dev/null ]]; then return 0; fi
  tail -c "+$((output_from + 1))" "$log" | awk '
    { line[NR] = $0 }
    END { for (i = 1; i <= NR; i++) if (NR <= 24 || i <= 10 || i > NR - 12) print line[i]; else if (i == 11) print "..." }'
}

# confirm QUESTION: yes, unless a person at a terminal says no.
confirm() {
  local answer
  end_line
  if ((assume_yes)) || [[ ! -t 0 || ! -t 1 ]]; then return 0; fi
  read -r -p "      $1 [Y/n] " answer || return 1
  [[ -z $answer || $answer == [Yy]* ]]
}

# fail CODE WHAT NEXT: says which step failed, shows the tool's own words, and ends.
fail() {
  if ((line_open)); then printf 'failed\n'; fi
  line_open=0
  {
    if ((step_number > 0)); then printf '\nquickstart: step %d failed (%s): %s\n' "$step_number" "$step_title" "$2"; else printf 'quickstart: %s\n' "$2"; fi
    last_output | sed 's/^/  | /'
    printf '  next: %s\n' "$3"
    if [[ $log != /dev/null ]]; then printf '  log:  %s\n' "$log"; fi
  } >&2
  exit "$1"
}
