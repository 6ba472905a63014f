# Sourced by the commands beside it: brings what they need onto a fresh Debian 12 or Ubuntu 24.04.
# Does nothing, within a second, when everything is there.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's packages that are not installed yet.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return
  say "Đang cài gói hệ thống: $missing"
  as_root apt-get update -q >&2 || { say 'Không tải được danh mục gói. Kiểm tra mạng rồi chạy lại.'; exit 1; }
  # shellcheck disable=SC2086 # a list of names
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2 ||
    { say "Không cài được: $missing"; exit 1; }
}

# For commands that open pages. The first Chromium that runs: Ubuntu's packaged one is a wrapper that only asks for the snap.
find_chromium() {
  local name path
  [ -n "${TIEPDAN_CHROMIUM_PATH:-}" ] && return
  for name in chromium chromium-browser google-chrome /snap/bin/chromium; do
    path=$(command -v "$name") || continue
    "$path" --version >/dev/null 2>&1 || continue
    export TIEPDAN_CHROMIUM_PATH="$path"
    return
  done
  say 'Không có Chromium nào chạy được. Trên Ubuntu: "snap install chromium" hoặc cài Google Chrome; hoặc đặt TIEPDAN_CHROMIUM_PATH. Rồi chạy lại.'
  exit 1
}

# Debian 12 and Ubuntu 24.04 have Node 18 with npm 9: that npm fails over an override of a dependency that comes from git ("Invalid
# comparator", told as a missing lock file), and under that Node every npm leaves out optional parts that ask for a newer one. So ours
# are put beside them, for these commands only.
newer_tools() {
  local folder="$root/.tmp/tools" npm_version node_version
  npm_version=$(npm --version)
  node_version=$(node --version)
  node_version=${node_version#v}
  [ "${npm_version%%.*}" -ge 10 ] && [ "${node_version%%.*}" -ge 20 ] && return
  if [ ! -e "$folder/.installed" ]; then
    say 'Đang cài Node và npm mới hơn…'
    mkdir -p "$folder"
    # Not from the project's folder: the old npm would look at its lock file.
    (cd "$folder" && npm install --prefix "$folder" --no-audit --no-fund --loglevel=error npm@10.9.9 \
      "node@$(node -p "require('$root/package.json').devDependencies.node")" >&2) ||
      { say 'Không cài được Node và npm mới hơn. Kiểm tra mạng rồi chạy lại.'; exit 1; }
    touch "$folder/.installed"
  fi
  PATH="$folder/node_modules/.bin:$PATH"
  export PATH
}

# Node of any age runs npm; npm then brings the pinned Node 24 as a package.
install_node() {
  command -v npm >/dev/null || install_packages nodejs npm
  newer_tools
  local stamp=node_modules/.installed wanted
  wanted=$(sha256sum package-lock.json package.json | sha256sum | cut -c1-64)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say 'Đang cài các thư viện (npm)…'
    npm ci --no-audit --no-fund --loglevel=error >&2 || { say 'npm ci không thành công. Kiểm tra mạng rồi chạy lại.'; exit 1; }
    printf '%s' "$wanted" >"$stamp"
  fi
  PATH="$root/node_modules/.bin:$PATH"
  export PATH
  case $(node --version 2>/dev/null) in v24.*) ;; *) say 'Không chạy được Node 24 từ node_modules; xóa node_modules rồi chạy lại.'; exit 1 ;; esac
}

# The pages are built again only when a source of theirs changed.
build_pages() {
  local stamp=dist/.built wanted
  wanted=$(find control-plane/web control-plane/kiosk control-plane/join control-plane/agent-page control-plane/page-kit control-plane/media control-plane/contract vite.config.ts package-lock.json \
    -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say 'Đang dựng các trang…'
  npm run --silent build >&2 || { say 'Không dựng được các trang.'; exit 1; }
  printf '%s' "$wanted" >"$stamp"
}

# What a trial, a test or a bench starts for real.
stage_packages=(ca-certificates chromium prosody lua-cjson lua-luaossl lua-sec lua-unbound ffmpeg bubblewrap fonts-noto-core)
test_packages=("${stage_packages[@]}" postgresql lua-check shellcheck git ansible lua5.4 default-jdk-headless libtypesafe-config-java dpkg-dev nginx-light)
# What scripts/test --deploy boots its own hosts with.
deploy_packages=("${test_packages[@]}" ansible-lint yamllint mmdebstrap systemd-container openssh-client openssl gnupg iproute2 procps python3 pebble)

# Ubuntu's "chromium" is a snap in a wrapper package of another name.
if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
  stage_packages=("${stage_packages[@]/chromium/chromium-browser}")
  test_packages=("${test_packages[@]/chromium/chromium-browser}")
  deploy_packages=("${deploy_packages[@]/chromium/chromium-browser}")
fi
