# shellcheck shell=bash
# What scripts/lab and lab.d/inside share: messages, bounded waits, and the parts themselves. A part PART has
#   PART_needs   outside: names the Debian packages that are missing, by `need`
#   PART_start   inside: starts its daemons, waits until they answer, exports its variables
# and nothing to stop it: the kernel ends all processes of a lab at once.

readonly all_parts=libvirt,nfs,ovs
# shellcheck disable=SC2034 # used by scripts/lab
readonly exit_usage=64 exit_broken=70
# Where the lab is required, that it can't run is a failure and not a reason to skip a test.
# shellcheck disable=SC2034
readonly exit_cannot_run=$((${TENON_REQUIRE_LAB:+1} + 0 == 1 ? 1 : 77))
# shellcheck disable=SC2034
readonly namespaces=(--mount --net --pid --ipc --fork)

say() { printf 'lab: %s\n' "$*" >&2; }

die() { # exit_code message...
  local code=$1
  shift
  say "$@"
  exit "$code"
}

need() { # command_or_file package
  [[ -e $1 ]] || command -v "$1" >/dev/null || echo "$2"
}

# Mounts an empty private folder over one of the system's, if the system has it.
shadow() { # system_folder private_folder
  mkdir -p "$2"
  [[ ! -d $1 ]] || mount --bind "$2" "$1"
}

# Runs COMMAND until it succeeds. Ends the lab if that takes too long, or if the daemon PID ends before.
wait_for() { # part daemon pid seconds log command...
  local part=$1 daemon=$2 pid=$3 seconds=$4 log=$5 deadline=$((SECONDS + $4)) why=
  shift 5
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || why="$daemon ended too early"
    [[ $SECONDS -lt $deadline ]] || why="$daemon did not answer within $seconds s"
    if [[ -n $why ]]; then
      say "part $part: $why; its log ends:"
      tail -n 10 "$log" >&2 || true
      exit "$exit_broken"
    fi
    sleep 0.05
  done
}

lab_d=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
for part in ${all_parts//,/ }; do
  # shellcheck source=/dev/null
  source "$lab_d/$part.sh"
done
unset part lab_d
