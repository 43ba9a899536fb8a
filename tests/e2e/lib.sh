# For end-to-end scripts: `. tests/e2e/lib.sh` at their top. They run from the top of the tree with $TRUC, the binary; $tmp is
# a folder of their own that goes when they end. The first check that fails ends the script.
set -u
TRUC=${TRUC:-build/truc}
# Messages are compared in English.
LC_ALL=C.UTF-8
export LC_ALL
tmp=$(mktemp -d) || exit 2
# Compiled rules stay out of the user's own cache.
export XDG_CACHE_HOME="$PWD/build/test-cache"
mkdir -p "$XDG_CACHE_HOME" || exit 2
trap 'rm -rf "$tmp"' EXIT

fail() {
	echo "FAIL: $*"
	for f in out err; do
		[ -s "$tmp/$f" ] && sed "s/^/$f| /" "$tmp/$f" | head -n 30
	done
	exit 1
}
skip() {
	echo "SKIP: $*"
	exit 77
}
# truc STATUS ARGUMENTS...: runs it; its output is in $tmp/out and $tmp/err; the status must be as given.
truc() {
	wanted=$1
	shift
	status=0
	"$TRUC" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	[ "$status" -eq "$wanted" ] || fail "truc $*: status $status, not $wanted"
}
# has FILE TEXT: a line of $tmp/FILE holds TEXT.
has() {
	grep -qF -- "$2" "$tmp/$1" || fail "no '$2' in $1"
}
# is_empty FILE
is_empty() {
	[ ! -s "$tmp/$1" ] || fail "$1 is not empty"
}
