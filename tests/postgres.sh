#!/usr/bin/env bash
# A PostgreSQL for the tests: a cluster of its own, in a directory of its own, on a free port of the loopback.
# The one that Debian may run on port 5432 is left alone.
#
#   tests/postgres.sh start    starts it unless it runs, and prints its connection URL, nothing else
#   tests/postgres.sh stop     ends it, if it runs, and removes all of it
set -euo pipefail
cd "$(dirname "$0")/.."

# Names the directory, which is elsewhere: PostgreSQL's user may be unable to come here.
record=.test/postgres
parent=/tmp/commonhold-pg
user=postgres

say() { printf '%s\n' "$*" >&2; }

binaries=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) || true
if [ ! -x "$binaries/initdb" ]; then
	say 'no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql'
	exit 1
fi

# Runs a program of PostgreSQL's, which refuse to be run by root. Closes the lock, which the server would inherit.
run() {
	local program=$1
	shift
	if [ "$(id -u)" = 0 ]; then
		(cd / && exec runuser -u "$user" -- "$binaries/$program" "$@") >&2 9>&-
	else
		(cd / && exec "$binaries/$program" "$@") >&2 9>&-
	fi
}

# The recorded directory, if it is one of ours; the result may be removed.
recorded() {
	local directory
	directory=$(cat "$record" 2>/dev/null) || return 1
	[[ $directory =~ ^"$parent"\.[A-Za-z0-9]+$ ]] && printf '%s\n' "$directory"
}

answers() { [ -s "$1/url" ] && run pg_isready --quiet --dbname="$(cat "$1/url")"; }

stop() {
	local directory
	if directory=$(recorded) && [ -d "$directory" ]; then
		if [ -e "$directory/data/postmaster.pid" ]; then
			# Nothing of it is to be kept. Where this fails it was killed, or ends once its directory is gone.
			run pg_ctl --pgdata="$directory/data" --mode=immediate --wait --timeout=10 --silent stop || true
		fi
		rm -rf "$directory"
	fi
	rm -f "$record"
}

start() {
	local directory port locale
	if directory=$(recorded) && answers "$directory"; then
		cat "$directory/url"
		return
	fi
	# What a run that was killed has left.
	stop
	directory=$(mktemp -d "$parent.XXXXXXXX")
	printf '%s\n' "$directory" >"$record"
	[ "$(id -u)" != 0 ] || chown "$user:" "$directory"

	# Sorts as people do, not by bytes, so that the tests see whether we ask for bytes wherever they matter.
	locale=(--locale=C.UTF-8)
	if "$binaries/initdb" --help | grep -q -- --icu-locale; then
		locale+=(--locale-provider=icu --icu-locale=en-US)
	fi
	run initdb --pgdata="$directory/data" --username="$user" --auth=trust --encoding=UTF8 --no-sync \
		"${locale[@]}" >"$directory/initdb.log" 2>&1 || { cat "$directory/initdb.log" >&2; exit 1; }

	cat >>"$directory/data/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$directory'
		max_connections = 200
		# A crash of the machine loses nothing that anyone misses.
		fsync = off
		full_page_writes = off
	END

	# Whether a port is free shows when it is taken.
	for _ in {1..20}; do
		port=$((15000 + RANDOM % 15000))
		if run pg_ctl --pgdata="$directory/data" --log="$directory/log" --wait --silent \
			--options="-p $port" start; then
			printf 'postgres://%s@127.0.0.1:%s/postgres\n' "$user" "$port" | tee "$directory/url"
			return
		fi
	done
	say "PostgreSQL doesn't start; its log:"
	cat "$directory/log" >&2
	exit 1
}

mkdir -p .test
exec 9>.test/postgres.lock
flock 9
case ${1:-} in
start) start ;;
stop) stop ;;
*)
	say "usage: $0 start|stop"
	exit 2
	;;
esac
