# For shell tests that need the lab: goes on inside it, or exits with 77 (skipped) where it can't run (a failure
# where TENON_REQUIRE_LAB is set). lab_parts may name the parts that are needed.
if [ -z "${TENON_LAB:-}" ]; then
  exec "$TENON_SOURCE/scripts/lab" ${lab_parts:+--parts "$lab_parts"} "$0"
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# outside: all that there is on the devices.
outside() {
  virsh -q -c qemu:///system list --all --name | sed '/^$/d; s/^/domain /' | sort
  ovs-vsctl list-br | sed 's/^/bridge /' | sort
  for bridge in $(ovs-vsctl list-br); do
    ovs-vsctl list-ports "$bridge" | sed "s/^/port of $bridge /" | sort
    echo "notes of $bridge $(ovs-vsctl get Bridge "$bridge" external_ids)"
  done
  find "$TENON_LAB_EXPORT" -type f | sort
}
