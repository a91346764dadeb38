#!/usr/bin/env bash
# Makes the certificates of the TLS tests anew, in this folder. Needs the openssl program. The keys
# protect nothing, and those of the two authorities are thrown away.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
cat >"$work/ca.cnf" <<EOF
[ca]
default_ca = here
[here]
dir = $work
new_certs_dir = $work
database = $work/index
rand_serial = yes
default_md = sha256
unique_subject = no
policy = names
[names]
commonName = supplied
EOF

# sign <file> <name> <authority> <extensions> <end>
sign() {
  local key="$1.key" by="$3.key" self=""
  if [ "$1" = "$3" ]; then key="$work/$1.key" by="$work/$1.key" self="-selfsign"; else by="$work/$3.key"; fi
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$key" \
    -out "$work/$1.csr" -subj "/CN=$2" 2>/dev/null
  printf '%b\n' "$4" >"$work/$1.ext"
  openssl ca -batch -notext -config "$work/ca.cnf" $self -cert "$3.pem" -keyfile "$by" \
    -in "$work/$1.csr" -out "$1.pem" -extfile "$work/$1.ext" \
    -startdate 20200101000000Z -enddate "$5" 2>/dev/null
}

never=21200101000000Z
authority='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign'
server='extendedKeyUsage=serverAuth'
sign authority "Hotpot test authority" authority "$authority" $never
sign stranger "Hotpot test stranger" stranger "$authority" $never
sign localhost localhost authority "subjectAltName=DNS:localhost\n$server" $never
sign address address authority "subjectAltName=IP:127.0.0.1\n$server" $never
sign elsewhere elsewhere.example authority "subjectAltName=DNS:elsewhere.example\n$server" $never
sign expired localhost authority "subjectAltName=DNS:localhost,IP:127.0.0.1\n$server" 20210101000000Z
sign client tls_client authority 'extendedKeyUsage=clientAuth' $never
sign foreign tls_client stranger 'extendedKeyUsage=clientAuth' $never
rm -f stranger.key
