# shellcheck shell=bash
# Part ovs: Open vSwitch with the datapath in user space, and no bridge yet.

ovs_needs() {
  need ovs-vswitchd openvswitch-switch
  need ovsdb-server openvswitch-common
  need ovsdb-tool openvswitch-common
  need ovs-vsctl openvswitch-switch
  need /dev/net/tun 'the device /dev/net/tun'
}

ovs_start() {
  local own=$TENON_LAB_DIR/ovs logs=$TENON_LAB_LOGS/openvswitch socket=unix:/run/openvswitch/db.sock version
  mkdir -p /run/openvswitch
  shadow /etc/openvswitch "$own/etc"
  shadow /var/lib/openvswitch "$own/lib"
  shadow /var/log/openvswitch "$logs"

  ovsdb-tool create "$own/conf.db" /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server "$own/conf.db" --remote="p$socket" --pidfile -vconsole:off --log-file="$logs/ovsdb-server.log" &
  wait_for ovs ovsdb-server $! 30 "$logs/ovsdb-server.log" ovs-vsctl --timeout=5 --no-wait init

  ovs-vswitchd "$socket" --pidfile -vconsole:off --log-file="$logs/ovs-vswitchd.log" &
  # Without --no-wait, ovs-vsctl returns when ovs-vswitchd has seen the change.
  version=$(ovs-vswitchd --version | awk '{ print $NF; exit }')
  wait_for ovs ovs-vswitchd $! 60 "$logs/ovs-vswitchd.log" \
    ovs-vsctl --timeout=5 set Open_vSwitch . ovs-version="$version" external-ids:system-id=lab
  export TENON_LAB_OVSDB=$socket
}
