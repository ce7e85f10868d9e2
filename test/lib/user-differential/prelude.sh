# What the command lines may use beside docker: they wait for what is to be seen, never for a time.

# shown CONTAINER TEXT: until its log has the text.
shown() {
  local i
  for i in $(seq 600); do
    docker logs "$1" 2>&1 | grep -q -- "$2" && return
    sleep .05
  done
  echo "never shown by $1: $2"
  return 9
}

# until_state CONTAINER FORMAT VALUE: until inspect says so.
until_state() {
  local i
  for i in $(seq 600); do
    [ "$(docker inspect -f "$2" "$1" 2>&1)" = "$3" ] && return
    sleep .05
  done
  echo "$1: $2 never became $3"
  return 9
}

# until_gone CONTAINER: until there is none of the name.
until_gone() {
  local i
  for i in $(seq 600); do
    docker inspect "$1" >/dev/null 2>&1 || return 0
    sleep .05
  done
  echo "$1 is still there"
  return 9
}
