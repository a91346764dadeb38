# What some tests need besides: sourced by .ci/run, after `check_tools=$(mktemp -d)`. Installs from
# Debian, PyPI and Go's module proxy what can be had, and prints nothing unless something fails: a
# test whose tool is missing is ignored, and says so.
install_tools() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    {
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        bash buildah fish mount pgbouncer strace systemd tmux util-linux zsh
    } >"$check_tools/apt.log" 2>&1 || tail -n 3 "$check_tools/apt.log" >&2
  fi
  if command -v python3 >/dev/null; then
    {
      python3 -m venv "$check_tools/python"
      "$check_tools/python/bin/pip" install -q --disable-pip-version-check \
        kubernetes-validate==1.37.0 'cyclonedx-python-lib[json-validation]==11.12.0' \
        check-jsonschema==0.39.0
    } >"$check_tools/pip.log" 2>&1 || tail -n 3 "$check_tools/pip.log" >&2
  fi
  if command -v go >/dev/null; then
    GOBIN="$check_tools/go" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 \
      >"$check_tools/go.log" 2>&1 || tail -n 3 "$check_tools/go.log" >&2
  fi
}

# The names, as tests/harness/tools.ts has them, of what is there: with these nothing may be ignored.
tools_at_hand() {
  local pair
  for pair in actionlint bash buildah check_jsonschema=check-jsonschema fish pgbouncer script \
    kubernetes_validate=kubernetes-validate strace systemd_analyze=systemd-analyze zsh; do
    if command -v "${pair#*=}" >/dev/null || [ -x "/usr/sbin/${pair#*=}" ]; then
      printf ',%s' "${pair%%=*}"
    fi
  done
  # Tests that need Go need modules, too.
  if [ -x "$check_tools/go/actionlint" ]; then
    printf ',go'
  fi
  if [ -n "$(find "$check_tools/python/lib" -type d -path '*site-packages/cyclonedx' 2>/dev/null)" ]; then
    printf ',cyclonedx'
  fi
}
