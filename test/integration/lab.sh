# For shell tests that need the lab: goes on inside it, or exits with 77 (skipped) where it can't run (a failure
# where TENON_REQUIRE_LAB is set). lab_parts may name the parts that are needed.
if [ -z "${TENON_LAB:-}" ]; then
  exec "$TENON_SOURCE/scripts/lab" ${lab_parts:+--parts "$lab_parts"} "$0"
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
