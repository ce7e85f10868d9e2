/** What shells load to complete command lines of docker: they ask `docker __complete`. */

const BASH = `# Completion of docker for bash. Load it: source <(docker completion bash)
_docker() {
  local word=\${COMP_WORDS[COMP_CWORD]} line=\${COMP_LINE:0:COMP_POINT} output directive
  local -a words
  # By blanks only: bash splits at ":" and "=", which names of images and flags have.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  output=$("\${words[0]}" __completeNoDesc "\${words[@]:1}" 2>/dev/null) || return
  directive=\${output##*:}
  output=\${output%:*}
  local IFS=$'\\n' last=\${words[-1]} candidate
  COMPREPLY=()
  for candidate in $output; do
    # Only what follows the part that bash takes for another word.
    COMPREPLY+=("\${candidate#"\${last%"$word"}"}")
  done
  [[ $directive == 0 ]] && compopt -o default
  return 0
}
complete -F _docker docker
`;

const ZSH = `#compdef docker
# Completion of docker for zsh. Load it: source <(docker completion zsh)
_docker() {
  local output directive line
  local -a candidates
  output=$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
  directive=\${output##*:}
  for line in "\${(@f)\${output%:*}}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#candidates} )) && _describe docker candidates
  [[ $directive == 0 ]] && _files
}
compdef _docker docker
`;

const FISH = `# Completion of docker for fish. Load it: docker completion fish | source
function __docker_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (command $words[1] __complete $words[2..-1] 2>/dev/null)
    for line in $lines[1..-2]
        printf '%s\\n' $line
    end
    if test "$lines[-1]" = ":0"
        __fish_complete_path (commandline -ct)
    end
end
complete -c docker -f -a '(__docker_candidates)'
`;

export const SCRIPTS: Readonly<Record<"bash" | "fish" | "zsh", string>> = {
  bash: BASH,
  fish: FISH,
  zsh: ZSH,
};
