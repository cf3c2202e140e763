# For shell tests that need the lab: goes on inside it, or exits with 77 (skipped) where it can't run. Where
# TENON_REQUIRE_LAB is set, that is a failure. lab_parts may name the parts that are needed.
if [ -z "${TENON_LAB:-}" ]; then
  status=0
  "$TENON_SOURCE/scripts/lab" ${lab_parts:+--parts "$lab_parts"} "$0" || status=$?
  if [ $status = 77 ] && [ -n "${TENON_REQUIRE_LAB:-}" ]; then status=1; fi
  exit $status
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
