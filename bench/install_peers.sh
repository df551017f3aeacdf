#!/usr/bin/env bash
# Installs what Commonhold is measured beside, on a Debian machine that has Rust and Node. What isn't Debian's goes to
# .bench/ in this directory; remove that to be rid of it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

say 'nginx, MediaWiki and what it runs on, programs that make thumbnails, strace, wrk'
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	nginx mediawiki mariadb-server php-fpm php-cli php-mysql php-mbstring php-xml php-intl php-apcu strace \
	imagemagick libvips-tools python3-venv wrk cmake nasm

mkdir -p .bench

say 'rustus'
cargo install rustus --locked --version 0.5.10 --root .bench/rustus

say 'oximg'
cargo install oximg --locked --version 0.18.1 --root .bench/oximg

# Into a directory below .bench.
fetch() {
	mkdir -p ".bench/$1"
	(
		cd ".bench/$1"
		[ -f package.json ] || npm init -y >/dev/null
		npm install --no-audit --no-fund "${@:2}"
	)
}

say '@tus/server'
fetch tus @tus/server@2.4.5 @tus/file-store@2.1.1

say 'sharp'
fetch sharp sharp@0.35.5

say 'Pillow and numpy, which make photographs and judge thumbnails'
python3 -m venv .bench/python
.bench/python/bin/pip install --quiet Pillow==13.0.0 numpy==2.4.6
