#!/usr/bin/env bash
# Installs what Commonhold is measured beside, on a Debian machine that has Rust and Node. What isn't Debian's goes to
# .bench/ in this directory; remove that to be rid of it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

say 'nginx, MediaWiki and what it runs on, strace'
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	nginx mediawiki mariadb-server php-fpm php-cli php-mysql php-mbstring php-xml php-intl php-apcu strace

mkdir -p .bench

say 'rustus'
cargo install rustus --locked --version 0.5.10 --root .bench/rustus

say '@tus/server'
mkdir -p .bench/tus
cd .bench/tus
[ -f package.json ] || npm init -y >/dev/null
npm install --no-audit --no-fund @tus/server@2.4.5 @tus/file-store@2.1.1
