#!/usr/bin/env bash
# Builds Kubernetes 1.20 (API server, controllers, scheduler, hollow node) from Debian's source package, with Debian's Go.
# usage: build-kubernetes.sh OUT        about six minutes on two cores, 1.5 GiB of memory, 4 GB of disk while it builds
set -euo pipefail
OUT=$1
[ -x "$OUT/kubemark" ] && exit 0
W=$(mktemp -d "${TMPDIR:-/tmp}/kubernetes.XXXXXX")
trap 'chmod -R u+w "$W"; rm -rf "$W"' EXIT
cd "$W"
mkdir -p sources lists/partial cache go src debs home done

# The machine's own Debian sources, asked for source packages, beside its own lists rather than among them.
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && sed 's/^Types:.*/Types: deb deb-src/' "$file" > "sources/$(basename "$file")"
done
[ -e /etc/apt/sources.list ] && sed -n 's/^deb \(.*\)/deb \1\ndeb-src \1/p' /etc/apt/sources.list > sources/main.list
APT="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$W/sources -o Dir::State::lists=$W/lists -o Dir::Cache=$W/cache -o APT::Sandbox::User=root"
apt-get $APT update -qq
apt-get $APT source -qq --download-only kubernetes
(
  cd debs
  apt-get $APT download -qq golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev rsync libpopt0 libxxhash0
  for package in *.deb; do dpkg -x "$package" "$W/go"; done
)
tar xzf kubernetes_*.orig.tar.gz -C src --strip-components=1
tar xf kubernetes_*.debian.tar.xz
grep -v '^#' debian/patches/series | while read -r patch; do patch -d src -p1 -s < "debian/patches/$patch"; done

# The vendored reflect2 panics on the first POST when built with Go 1.18 or newer; Debian's own package does not.
rm -rf src/vendor/github.com/modern-go/reflect2
cp -r go/usr/share/gocode/src/github.com/modern-go/reflect2 src/vendor/github.com/modern-go/reflect2
# The hollow node would listen on every interface; tests stay on loopback.
sed -i 's#c.Address = "0.0.0.0"#c.Address = "127.0.0.1"#' src/pkg/kubemark/hollow_kubelet.go

cd src
export GOROOT=$W/go/usr/lib/go-1.19 GOPATH=$W/src/.go GOCACHE=$W/gocache HOME=$W/home
export PATH=$GOROOT/bin:$W/go/usr/bin:$PATH LD_LIBRARY_PATH=$W/go/usr/lib/x86_64-linux-gnu
export CGO_ENABLED=0 GOPROXY=off GO111MODULE=off
export KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=archive KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
mkdir -p .go/src/k8s.io
ln -sfn ../../.. .go/src/k8s.io/kubernetes
make WHAT="cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler cmd/kubemark" > "$W/make.log" 2>&1 \
  || { tail -20 "$W/make.log"; exit 1; }
cp _output/bin/{kube-apiserver,kube-controller-manager,kube-scheduler,kubemark} "$W/done/"
strip "$W/done/"* || true
# Renamed as a whole at the end: half a build never looks finished.
mkdir -p "$(dirname "$OUT")"
rm -rf "$OUT" "$OUT.new"
cp -r "$W/done" "$OUT.new"
mv "$OUT.new" "$OUT"
