#!/bin/sh
# Makes three.min.js anew; needs npm and the network. The project's build only reads the result.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/entry.js" "$work/"
cd "$work"
npm init -y > package.log
npm install three@0.170.0 esbuild@0.24.2
npx esbuild entry.js --bundle --minify --format=iife --global-name=THREE --legal-comments=eof \
  --target=es2020 --outfile="$here/three.min.js"
cp node_modules/three/LICENSE "$here/LICENSE"
