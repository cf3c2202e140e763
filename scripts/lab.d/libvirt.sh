# shellcheck shell=bash
# Part libvirt: libvirtd at qemu:///system, with QEMU as root.

libvirt_needs() {
  need libvirtd libvirt-daemon-system
  need virsh libvirt-clients
  need qemu-system-x86_64 qemu-system-x86
  need qemu-img qemu-utils
}

libvirt_start() {
  local own=$TENON_LAB_DIR/libvirt log=$TENON_LAB_LOGS/libvirtd.log
  mkdir -p /run/libvirt
  shadow /var/lib/libvirt "$own/lib"
  shadow /var/cache/libvirt "$own/cache"
  shadow /var/log/libvirt "$TENON_LAB_LOGS/libvirt"
  shadow /etc/libvirt "$own/etc"
  printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf
  # There are no cgroups, no security module and no virtlogd; and QEMU must see what this namespace sees.
  cat >/etc/libvirt/qemu.conf <<-'END'
	security_driver = "none"
	user = "root"
	group = "root"
	remember_owner = 0
	cgroup_controllers = [ ]
	namespaces = [ ]
	stdio_handler = "file"
	END

  # Whoever writes to the guest's image by mistake gets an error, and the next lab a whole guest.
  mount --bind "$TENON_LAB_GUEST" "$TENON_LAB_GUEST"
  mount -o remount,bind,ro "$TENON_LAB_GUEST"

  libvirtd --pid-file "$own/libvirtd.pid" >"$log" 2>&1 &
  wait_for libvirt libvirtd $! 90 "$log" virsh -q -c qemu:///system uri
}
