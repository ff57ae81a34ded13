# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Of test/labs/images.lab.sh: images on their way through a real registry, a real docker, and into nodes of kind and k3d.
# What is no package of this machine is unpacked into the cache, not installed: a package of docker or of a registry would
# start what it brings.
# shellcheck disable=SC2154 # the variables are those of images.lab.sh

# bring NAME PACKAGE...: puts the programs of packages into PATH, without installing them.
bring() {
  local name=$1 to=$cache/programs/$1 package
  shift
  if [[ ! -e $to ]]; then
    type -P apt-get dpkg-deb >/dev/null || return
    rm -rf "$to.new"
    mkdir -p "$to.new/debs"
    for package; do
      # Not every release has all of them.
      (cd "$to.new/debs" && apt-get -qq download "$package") >"$work/log" 2>&1 || continue
    done
    for package in "$to.new"/debs/*.deb; do
      # None: the next run may get them.
      if [[ ! -e $package ]]; then return 1; fi
      dpkg-deb -x "$package" "$to.new"
    done
    rm -r "$to.new/debs"
    mv "$to.new" "$to"
  fi
  PATH=$to/usr/bin:$to/usr/sbin:$PATH
}

# --- a registry ------------------------------------------------------------------------------------------------------

# start_registry NAME: its address is in the variable NAME afterwards. The one named `closed` wants a password.
start_registry() {
  local -n address=$1
  local dir=$work/registry-$1
  mkdir -p "$dir"
  printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:0\n' "$dir/data" >"$dir/config.yml"
  if [[ $1 == closed ]]; then
    perl -e 'print "lab:", crypt("lab-password", q($2b$05$) . "a" x 22), "\n"' >"$dir/passwords"
    printf 'auth:\n  htpasswd:\n    realm: lab\n    path: %s\n' "$dir/passwords" >>"$dir/config.yml"
  fi
  : >"$dir/log"
  docker-registry serve "$dir/config.yml" >>"$dir/log" 2>&1 &
  for _ in {1..100}; do
    address=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$dir/log")
    if [[ -n $address ]]; then return; fi
    sleep 0.1
  done
  die "the registry does not start: $(tail -n 2 "$dir/log")"
}

# in_registry IMAGE: the digest under which the registry has it, by its own word.
in_registry() {
  # shellcheck disable=SC2016 # JavaScript
  node --input-type=module -e '
    const [registry, rest] = process.argv[1].split(/\/(.*)/);
    const [name, tag] = rest.split(":");
    const accept = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
    const answer = await fetch(`http://${registry}/v2/${name}/manifests/${tag}`, { method: "HEAD", headers: { accept: accept.join(",") } });
    if (!answer.ok) throw new Error(`${process.argv[1]}: ${answer.status}`);
    console.log(answer.headers.get("docker-content-digest"));' "$1"
}

# How often the registry was sent what is in a layer. What is there already is asked for, or mounted.
uploads() {
  grep -cE '"PATCH /v2/.*/blobs/uploads/' "$work/registry-open/log" || true
}

# refused WHAT CODE NEXT COMMAND...: ends with an error of that code, whose next step has NEXT in it.
refused() {
  local what=$1 code=$2 next=$3 said exit=0
  shift 3
  said=$("$@" 2>&1) || exit=$?
  if ((exit != 5)) || ! grep -Fq "error $code" <<<"$said" || ! grep -Eq "^next: .*$next" <<<"$said"; then
    die "$what: expected $code and $next, found exit code $exit: $(tail -c 700 <<<"$said")"
  fi
  say "$what: $code, $(sed -n 's/^next: //p' <<<"$said")"
}

# push ENGINE NAMES [ARGUMENT]...: the registry has what is told, once more sends nothing, and a node gets just that.
push() {
  local engine=$1 names=$2 name digest reference before
  shift 2
  # shellcheck disable=SC2206 # several names
  local -a command=(images push $names --engine "$engine" --registry "$open/$engine" --progress none "$@")
  vdpactl "${command[@]}" -o json >"$work/push.json" || die "$engine: images push failed"
  node -e '
    const { images } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    for (const { name, reference, digest } of images) console.log(name, reference, digest);' "$work/push.json" >"$work/pushed"
  before=$(uploads)
  ((before > 0)) || die "$engine: the registry was sent nothing"
  vdpactl "${command[@]}" >"$work/pinned.yaml" || die "$engine: images push failed, the second time"
  [[ $(uploads) == "$before" ]] || die "$engine: the second push sent something again"
  diff <(printf 'kubernetes:\n  images:\n' && sed -E 's/^(.*) (.*) (.*)$/    \1: \2@\3/' "$work/pushed") "$work/pinned.yaml" >&2 ||
    die "$engine: the config that pins what was pushed is another"
  while read -r name reference digest; do
    [[ $(in_registry "$reference") == "$digest" ]] || die "$engine: the registry has $name under another digest than $digest"
    vdpactl images list --config "$work/pinned.yaml" --registry "$open/$engine" | grep -F "$reference@$digest " >/dev/null ||
      die "$engine: pods would not ask for the $name that was pushed"
    if [[ -n ${CONTAINERD_ADDRESS:-} ]]; then
      ctr --namespace lab images pull --plain-http "$reference@$digest" >"$work/log" 2>&1 || die "$name: $(tail -n 2 "$work/log")"
      ctr --namespace lab images list "name==$reference@$digest" | grep -F " $digest " >/dev/null || die "$name came with another digest"
    fi
    if [[ $engine == docker ]]; then docker rmi "$reference" >/dev/null; else podman untag "$reference" "$reference"; fi
  done <"$work/pushed"
  say "$engine: pushed $names: what is told is what the registry has and containerd pulls; once more sends nothing"
}

push_to_registry() {
  type -P docker-registry >/dev/null || bring registry docker-registry || true
  if ! type -P docker-registry perl >/dev/null; then
    say 'a registry: left out, the package docker-registry cannot be had'
    return
  fi
  start_registry open
  start_registry closed
  local engine insecure=--engine-arg=--tls-verify=false
  for engine in podman buildah; do
    push "$engine" 'l3fwd node' "$insecure"
    local -a command=(vdpactl images push l3fwd --engine "$engine" --progress none --registry)
    refused "$engine: a registry without TLS" VDPA-IMAGES-003 "$insecure" "${command[@]}" "$open/team"
    refused "$engine: a registry that wants a password" VDPA-IMAGES-003 "$engine login $closed" "${command[@]}" "$closed/team" "$insecure"
    refused "$engine: an image that is not there" VDPA-IMAGES-003 "images build l3fwd --tag 9.9" "${command[@]}" "$open/team" --tag 9.9
  done
  refused 'a registry that is down' VDPA-IMAGES-003 'the registry 127.0.0.1:1 runs' \
    vdpactl images push l3fwd --engine podman --registry 127.0.0.1:1/team "$insecure"
  refused 'a registry that nobody knows' VDPA-IMAGES-003 'the registry registry.invalid runs' \
    vdpactl images push l3fwd --engine podman --registry registry.invalid/team
  export REGISTRY_AUTH_FILE=$work/auth.json
  podman login --tls-verify=false --username lab --password-stdin "$closed" <<<lab-password >/dev/null || die 'podman cannot log in'
  expect 'podman: pushes to it after podman login' "l3fwd: $closed/team/vdpactl/l3fwd:$version@sha256:" \
    vdpactl images push l3fwd --engine podman --registry "$closed/team" "$insecure" --progress none
  for each in "$open/team" "$closed/team" 127.0.0.1:1/team registry.invalid/team; do
    podman untag "localhost/vdpactl/l3fwd:$version" "$each/vdpactl/l3fwd:$version" 2>/dev/null || true
  done
}

# --- docker ----------------------------------------------------------------------------------------------------------

# What runc cannot give to a privileged container on a machine that lacks it itself. Docker asks for every capability
# there is.
runtime_for_docker() {
  local bounding
  bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
  if (((16#$bounding >> 24 & 1) == 1)); then return; fi
  cat >"$work/docker/runc" <<'EOF'
#!/bin/sh
before=''
for each; do
  case $before in
    --bundle | -b) sed -i s/CAP_SYS_RESOURCE/CAP_SYS_NICE/g "$each/config.json" ;;
    --process | -p) sed -i s/CAP_SYS_RESOURCE/CAP_SYS_NICE/g "$each" ;;
  esac
  before=$each
done
PATH=$PATH:/usr/sbin:/sbin exec runc "$@"
EOF
  chmod 755 "$work/docker/runc"
  printf '{"runtimes":{"lab":{"path":"%s"}},"default-runtime":"lab"}\n' "$work/docker/runc" >"$work/docker/daemon.json"
}

# A docker of its own, which changes nothing of the machine's network.
start_docker() {
  mkdir -p "$work/docker/config/cli-plugins" "$cache/docker"
  type -P dockerd docker >/dev/null || bring docker docker.io docker-cli docker-buildx tini || true
  if ! type -P dockerd >/dev/null || ! type -P containerd >/dev/null; then
    say 'docker: left out, the package docker.io cannot be had, or containerd is not installed'
    return 1
  fi
  if [[ -e $cache/programs/docker/usr/libexec/docker/cli-plugins/docker-buildx ]]; then
    ln -sf "$cache/programs/docker/usr/libexec/docker/cli-plugins/docker-buildx" "$work/docker/config/cli-plugins/"
  fi
  echo '{}' >"$work/docker/daemon.json"
  runtime_for_docker
  dockerd --config-file "$work/docker/daemon.json" --data-root "$cache/docker" --exec-root "$work/docker/exec" \
    --pidfile "$work/docker/pid" --host "unix://$work/docker/sock" --bridge none --iptables=false --ip6tables=false \
    --ip-forward=false --ip-masq=false >"$work/docker/log" 2>&1 &
  dockerd=$!
  export DOCKER_HOST=unix://$work/docker/sock DOCKER_CONFIG=$work/docker/config
  for _ in {1..150}; do
    if docker version >/dev/null 2>&1; then break; fi
    [[ -d /proc/$dockerd ]] || break
    sleep 0.1
  done
  if ! docker version >/dev/null 2>&1; then
    say "docker: left out, its daemon does not start here: $(tail -n 1 "$work/docker/log")"
    return 1
  fi
  # A run that was cut short left its containers and their network in what is kept.
  docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker network prune --force >/dev/null
  docker volume prune --force >/dev/null
  docker image inspect "$base" >/dev/null 2>&1 || docker import "$cache/base.tar" "$base" >/dev/null ||
    die 'docker cannot import the base'
  docker run --rm --network none "$base" true >"$work/log" 2>&1 || {
    say "docker: left out, it cannot run a container here: $(tail -n 1 "$work/log")"
    return 1
  }
}

with_docker() {
  local digest
  start_docker || return 0
  build l3fwd docker --network=host
  docker run --rm --network none --entrypoint cat "localhost/vdpactl/l3fwd:$version" /usr/share/vdpactl/sbom.json >"$work/docker.sbom.json"
  docker run --rm --network none --entrypoint dpkg-query "localhost/vdpactl/l3fwd:$version" -W -f '${Package} ${Version}\n' >"$work/docker.packages"
  node "$here/test/labs/check-sbom.mjs" "$work/docker.sbom.json" "$work/docker.packages" || die 'docker: the bill of materials is wrong'
  # Without docker's network, as the agent's node has it: none.
  expect 'docker: vdpa-run waits for its attachment' 'waiting for /var/run/vdpa/eal.args' \
    timeout 20 docker run --rm --network none --read-only --cap-drop ALL "localhost/vdpactl/l3fwd:$version" --timeout 1 dpdk-l3fwd
  if [[ -n ${open:-} ]]; then
    push docker l3fwd
    refused 'docker: a registry that wants a password' VDPA-IMAGES-003 "docker login $closed" \
      vdpactl images push l3fwd --engine docker --registry "$closed/team"
    docker rmi "$closed/team/vdpactl/l3fwd:$version" >/dev/null
  fi
  refused 'docker: an image that is not there' VDPA-IMAGES-003 'images build node --engine docker' \
    vdpactl images push node --engine docker --registry registry.example.com/team
  refused 'docker: without its daemon' VDPA-IMAGES-001 'start it' \
    env DOCKER_HOST=unix:///nowhere node "$here/bin/vdpactl.js" images build l3fwd --engine docker
  if [[ -n ${CONTAINERD_ADDRESS:-} ]]; then
    digest=$(load docker containerd)
    expect 'docker: loaded into containerd, under the digest that is told' "localhost/vdpactl/l3fwd:$version .*$digest" \
      ctr --namespace k8s.io images ls
  fi
  with_kind
  with_k3d
  # What it keeps for the next run is whole only after it ended by itself.
  kill "$dockerd"
  wait "$dockerd" || true
}

# --- nodes of kind and k3d ---------------------------------------------------------------------------------------------

# tool NAME: builds it, where it is not installed. Its reason is in the log where it cannot be.
tool() {
  local bin
  type -P "$1" >/dev/null && return
  bin=$("$here/test/cluster/build.sh" "$1" 2>"$work/log") || {
    say "$1: left out, $(tail -n 1 "$work/log")"
    return 1
  }
  PATH=$PATH:$bin
}

# load ENGINE TO [ARGUMENT]...: prints what was loaded under which id, or digest where one is known.
load() {
  local engine=$1 to=$2
  shift 2
  vdpactl images load l3fwd --engine "$engine" --to "$to" --progress none -o json "$@" >"$work/load.json" || die "images load --to $to failed"
  node -p 'const [image] = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).images; image.digest ?? image.id' "$work/load.json"
}

# A node of kind or k3d is a container with containerd in it, told by its labels. No image of theirs can be pulled here: it
# is Debian, with this machine's containerd.
# cluster_node NAME [OPTION]...
cluster_node() {
  local name=$1
  shift
  mkdir -p "$work/docker/etc"
  echo 'version = 2' >"$work/docker/etc/config.toml"
  docker run --detach --name "$name" --privileged --env CONTAINERD_NAMESPACE=k8s.io --volume /var/lib/containerd \
    --volume "$work/docker/etc:/etc/containerd:ro" --volume "$(type -P containerd):/usr/bin/containerd:ro" \
    --volume "$(type -P ctr):/usr/bin/ctr:ro" "$@" "$base" containerd >/dev/null || die "$name does not run"
  for _ in {1..100}; do
    if docker exec "$name" ctr version >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  die "$name does not start: $(docker logs "$name" 2>&1 | tail -n 2)"
}

# has_image NODE ENGINE ID: the image that ENGINE built, by its id, which is the same wherever it is.
has_image() {
  docker exec "$1" ctr --namespace k8s.io images ls >"$work/log"
  grep -q "^localhost/vdpactl/l3fwd:$version " "$work/log" || die "$1 has no l3fwd: $(cat "$work/log")"
  grep -q "^$3 " "$work/log" || die "$1 has another l3fwd than $3: $(cat "$work/log")"
  say "$1 has the l3fwd that $2 built, by its id"
}

with_kind() {
  local node engine id
  tool kind || return 0
  for node in lab-control-plane lab-worker; do
    cluster_node "$node" --network none --label io.x-k8s.kind.cluster=lab --label "io.x-k8s.kind.role=${node#lab-}"
  done
  for engine in docker podman; do
    id=$(load "$engine" kind --cluster lab)
    for node in lab-control-plane lab-worker; do has_image "$node" "$engine" "$id"; done
  done
  refused 'kind: a cluster that is not there' VDPA-IMAGES-003 'kind get clusters' \
    vdpactl images load l3fwd --engine docker --to kind --cluster other
  docker rm --force --volumes lab-control-plane lab-worker >/dev/null
}

# k3d wants a network with addresses, and an image of its own to hand files over in: one that waits will do.
with_k3d() {
  local node id network=k3d-lab
  tool k3d || return 0
  if ! docker network create --driver bridge --subnet 198.51.100.0/28 --opt "com.docker.network.bridge.name=$bridge" $network >"$work/log" 2>&1; then
    say "k3d: left out, docker cannot make a network here: $(tail -n 1 "$work/log")"
    return
  fi
  mkdir -p "$work/tools"
  printf '#!/bin/sh\nexec sleep 600\n' >"$work/tools/noop"
  chmod 755 "$work/tools/noop"
  printf 'FROM %s\nCOPY noop /usr/bin/noop\n' "$base" >"$work/tools/Dockerfile"
  DOCKER_BUILDKIT=1 docker build --quiet --tag lab/k3d-tools:1 "$work/tools" >/dev/null || die 'k3d: the image of its tools is not built'
  export K3D_IMAGE_TOOLS=lab/k3d-tools:1
  for node in server agent; do
    cluster_node "k3d-lab-$node-0" --network $network --volume k3d-lab-images:/k3d/images --label app=k3d --label k3d.cluster=lab \
      --label "k3d.role=$node" --label k3d.cluster.network=$network --label k3d.cluster.imageVolume=k3d-lab-images
  done
  id=$(load docker k3d --cluster lab)
  for node in server agent; do has_image "k3d-lab-$node-0" docker "$id"; done
  docker stop --time 0 k3d-lab-agent-0 >/dev/null
  refused 'k3d: a node that does not run' VDPA-IMAGES-003 'k3d node list' \
    vdpactl images load l3fwd --engine docker --to k3d --cluster lab
  docker rm --force --volumes k3d-lab-server-0 k3d-lab-agent-0 >/dev/null
  docker network rm $network >/dev/null
  docker volume rm k3d-lab-images >/dev/null
}
