# shellcheck shell=bash
# Part nfs: an NFSv3 server in user space at nfs://127.0.0.1/export. The kernel needs neither client nor server.

nfs_needs() {
  need ganesha.nfsd nfs-ganesha
  need "/usr/lib/$(uname -m)-linux-gnu/ganesha/libfsalvfs.so" nfs-ganesha-vfs
  need rpcbind rpcbind
  need nfs-ls libnfs-utils
}

nfs_start() {
  local own=$TENON_LAB_DIR/nfs log=$TENON_LAB_LOGS/ganesha.log
  export TENON_LAB_EXPORT=$own/export TENON_LAB_NFS=nfs://127.0.0.1/export
  mkdir -p "$TENON_LAB_EXPORT" /run/rpcbind /run/ganesha /run/sendsigs.omit.d
  chown _rpc /run/rpcbind
  shadow /var/lib/nfs "$own/lib"

  # Ganesha does not start where every address is 127.0.0.1.
  ip addr add 10.99.0.1/24 dev lo

  rpcbind -f >"$TENON_LAB_LOGS/rpcbind.log" 2>&1 &
  wait_for nfs rpcbind $! 30 "$TENON_LAB_LOGS/rpcbind.log" rpcinfo -p 127.0.0.1

  cat >"$own/ganesha.conf" <<-END
	NFS_CORE_PARAM {
	  Protocols = 3;
	  Bind_addr = 127.0.0.1;
	  NFS_Port = 2049;
	  MNT_Port = 20048;
	  Enable_NLM = false;
	  Enable_RQUOTA = false;
	  mount_path_pseudo = true;
	}
	EXPORT {
	  Export_Id = 1;
	  Path = $TENON_LAB_EXPORT;
	  Pseudo = /export;
	  Access_Type = RW;
	  Squash = No_Root_Squash;
	  SecType = sys;
	  Protocols = 3;
	  Transports = TCP;
	  Disable_ACL = true;
	  FSAL { Name = VFS; }
	}
	END
  # shellcheck disable=SC2094 # it logs to standard error until it has read its options
  ganesha.nfsd -F -f "$own/ganesha.conf" -L "$log" -p "$own/ganesha.pid" >>"$log" 2>&1 &
  wait_for nfs ganesha.nfsd $! 60 "$log" nfs-ls "$TENON_LAB_NFS"
}
