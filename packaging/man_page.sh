#!/usr/bin/env bash
# A program's --help as a manual page, on standard output.
#   packaging/man_page.sh PROGRAM
set -euo pipefail
program=$1
name=$(basename "$program")
version=$("$program" --version | awk '{print $NF}')
# Backslashes and leading dots mean something to roff; '-' in flags must stay one.
"$program" --help | awk -v name="$name" -v version="$version" '
  function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    if (text ~ /^[.\x27]/) text = "\\&" text
    return text
  }
  # The first paragraph: its first sentence names the program, all of it describes it.
  !described && NF > 0 { text = text (text == "" ? "" : " ") $0; next }
  !described {
    sub("^" name ": ", "", text)
    first = text
    sub(/[.:;].*/, "", first)
    printf ".TH %s 1 \"\" \"ceres_align %s\"\n.SH NAME\n%s \\- %s\n", toupper(name), version, name, escaped(first)
    print ".SH DESCRIPTION\n" escaped(text)
    described = 1
    next
  }
  /^[^ ].*:$/ {
    title = toupper($0)
    sub(/:$/, "", title)
    print ".SH " escaped(title)
    next
  }
  /^$/ { next }
  /^  [^ ]/ { sub(/^  /, ""); print ".TP\n" escaped($0); next }
  { sub(/^ +/, ""); print escaped($0) }
'
