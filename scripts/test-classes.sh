# Sourced by parity and benchmark: compiles the ops module and its tests when sources changed, and leaves the command
# that starts Java on them in the array "java". Needs "name", the script's name, for messages.
repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ops="$repo/ops"
stamp="$ops/target/parity.stamp"
classpath="$ops/target/parity.classpath"
log="$ops/target/parity-build.log"

changed() {
  [[ ! -f "$stamp" || ! -f "$classpath" || ! -d "$ops/target/test-classes" ]] ||
    [[ -n "$(find "$repo/pom.xml" "$ops/pom.xml" "$ops/src/main" "$ops/src/test/java" -newer "$stamp" -print -quit)" ]]
}

build() {
  # Offline first: with everything in the local repository that is faster and needs no network.
  local goals=(-B -ntp -q -f "$repo/pom.xml" -pl ops -DskipTests -Dspotless.check.skip=true test-compile
    dependency:build-classpath -Dmdep.includeScope=test "-Dmdep.outputFile=$classpath")
  mvn -o "${goals[@]}" >"$log" 2>&1 && return
  # What an interrupted build left behind can break the next one.
  rm -rf "$ops/target/generated-test-sources" "$ops/target/test-classes"
  mvn "${goals[@]}" >"$log" 2>&1
}

if changed; then
  mkdir -p "$ops/target"
  # The time before the build: what is edited meanwhile is built next time.
  touch "$stamp.new"
  if ! build; then
    tail -n 40 "$log" >&2
    echo "$name: the build failed; the whole output is in $log" >&2
    exit 4
  fi
  mv "$stamp.new" "$stamp"
fi

export TORCH_CPP_LOG_LEVEL=ERROR
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-10000} # as scripts/pointillist does
java=("${JAVA_HOME:+$JAVA_HOME/bin/}java" -Djava.awt.headless=true -Dai.djl.offline=true -DOPT_OUT_TRACKING=true
  -Dorg.slf4j.simpleLogger.defaultLogLevel=error --add-opens=java.base/java.lang=ALL-UNNAMED
  -cp "$ops/target/test-classes:$ops/target/classes:$(cat "$classpath")")
