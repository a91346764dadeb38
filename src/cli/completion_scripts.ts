/** The shells that can be taught to complete our command lines. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

/** One of these shells. */
export type Shell = (typeof SHELLS)[number];

/** How a script is loaded for good. */
export const LOADING: Readonly<Record<Shell, (name: string) => string>> = {
  bash: (name) => `echo 'eval "$(${name} completions bash)"' >> ~/.bashrc`,
  zsh: (name) => `echo 'source <(${name} completions zsh)' >> ~/.zshrc`,
  fish: (name) => `${name} completions fish > ~/.config/fish/completions/${name}.fish`,
  powershell: (name) => `Add-Content $PROFILE '${name} completions powershell | Out-String | iex'`,
};

/**
 * The script that teaches a shell to complete the command line of a program. It asks the program
 * itself, which answers one word in a line, its description behind a tab, and at the end `:none`,
 * `:files` or `:dirs`.
 */
export function completionScript(shell: Shell, name: string): string {
  // zsh takes a file for a completion by its first line.
  const first = shell === "zsh" ? `#compdef ${name}\n` : "";
  return `${first}# Completion of ${name}. To load it in every new shell:\n#   ${
    LOADING[shell](name)
  }\n${SCRIPTS[shell].replaceAll("NAME", name)}`;
}

// What is not to be quoted in a text of ours is marked: a shell's `${…}` and back quotes.
const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Without mapfile, and to be loaded by eval: macOS has bash 3.2.
  bash: String.raw`_NAME_complete() {
  local line paths=none current="$\{COMP_WORDS[COMP_CWORD]}"
  [[ $current == "=" ]] && current=""
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) paths=$\{line#:} ;;
      *) COMPREPLY+=("$\{line%%$'\t'*}") ;;
    esac
  done < <("$\{COMP_WORDS[0]/#\~/$HOME}" __complete -- "$\{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ $paths == none ]] && return
  compopt -o filenames 2>/dev/null
  local action=-f
  [[ $paths == dirs ]] && action=-d
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen $action -- "$current")
}
complete -F _NAME_complete NAME
`.replaceAll("$\\{", "${"),
  zsh: String.raw`_NAME() {
  local line paths=none
  local -a items
  while IFS= read -r line; do
    case $line in
      :*) paths=$\{line#:} ;;
      *) items+=("$\{$\{line%%$'\t'*}//:/\\:}:$\{line#*$'\t'}") ;;
    esac
  done < <("$\{words[1]/#\~/$HOME}" __complete -- "$\{(@)words[2,CURRENT]}" 2>/dev/null)
  case $paths in
    files) _files ;;
    dirs) _files -/ ;;
    *) (( $\{#items} )) && _describe -V 'NAME' items ;;
  esac
}
if [[ $\{funcstack[1]} == _NAME ]]; then
  _NAME "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _NAME NAME
fi
`.replaceAll("$\\{", "${"),
  fish: String.raw`function __NAME_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program (string replace -r '^~' $HOME -- $words[1])
  set -e words[1]
  for line in ($program __complete -- $words "$current" 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path "$current"
      case ':dirs'
        __fish_complete_directories "$current"
      case ':none'
      case '*'
        echo $line
    end
  end
end
complete -c NAME -f -a '(__NAME_complete)'
`,
  // Windows PowerShell drops empty arguments, so that a new word is told by a flag.
  powershell: String
    .raw`Register-ArgumentCompleter -Native -CommandName 'NAME', 'NAME.exe' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements |
    Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
    ForEach-Object { $_.ToString() })
  $call = @('__complete')
  if ($wordToComplete -eq '') { $call += '--new' }
  $call += '--'
  $call += @($words | Select-Object -Skip 1)
  & $words[0] @call 2>$null | ForEach-Object {
    $value, $description = $_ -split [char]9, 2
    if ($value.StartsWith(':')) { return }
    if (-not $description) { $description = $value }
    [System.Management.Automation.CompletionResult]::new(
      $value, $value, 'ParameterValue', $description)
  }
}
`,
};
