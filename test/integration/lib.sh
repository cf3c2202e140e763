# Shared by the shell tests: an installed Tenon in a temporary folder, and a node that runs from it.
# Needs TENON_BUILD, the build folder. Sets $work, $prefix.
set -euo pipefail
umask 022  # a node takes no plugin that others may write

work=$(mktemp -d "${TMPDIR:-/tmp}/tenon-test-XXXXXX")
prefix=$work/prefix
node=
finish() {
  local status=$?
  trap - EXIT
  [ -z "$node" ] || { kill -KILL "$node" 2>/dev/null; wait "$node" 2>/dev/null || true; }
  [ $status = 0 ] || [ $status = 77 ] || { echo "--- tenond's log"; cat "$work/log" 2>/dev/null; } >&2
  rm -rf "$work"
  exit $status
}
trap finish EXIT

fail() { echo "FAIL: $*" >&2; exit 1; }
# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1)); shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

install_tenon() { cmake --install "$TENON_BUILD" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log"; fail "install"; }; }
# configure_outside NAME [OPTION…]: test/plugins/NAME, a project of its own, against the installed Tenon, in $work/NAME.
configure_outside() {
  local name=$1 flags=; shift
  [ -z "${TENON_SANITIZE:-}" ] || flags=-fsanitize=$TENON_SANITIZE
  cmake -S "$TENON_SOURCE/test/plugins/$name" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS="$flags" "$@" >"$work/build.log" ||
    { cat "$work/build.log"; fail "configure $name"; }
}
# build_outside NAME: configures and builds it.
build_outside() {
  configure_outside "$1"
  cmake --build "$work/$1" >"$work/build.log" || { cat "$work/build.log"; fail "build $1"; }
}
# The installed files, with their sums.
installed_files() { (cd "$prefix" && find . -type f | sort | xargs sha256sum); }
tenon() { "$prefix/bin/tenon" --socket "$work/tenon.sock" "$@"; }
node_options=()
start_node() {
  "$prefix/sbin/tenond" --properties "$prefix/etc/tenon/tenon.properties" --set tenon.state="$work/state" \
    --set tenon.socket="$work/tenon.sock" "${node_options[@]}" 2>"$work/log" &
  node=$!
  wait_for 60 answers || fail "the node does not answer"
}
answers() { kill -0 "$node" 2>/dev/null || fail "the node ended"; tenon status >/dev/null 2>&1; }
stop_node() {
  kill -TERM "$node"
  local status=0
  wait "$node" || status=$?
  node=
  [ $status = 0 ] || fail "the node exited with $status"
}
