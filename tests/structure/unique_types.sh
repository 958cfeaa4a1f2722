#!/usr/bin/env bash
# A type's name stands for one type in a namespace, over all modules: two of one name link without a word, and then one's
# code runs on the other's memory. Types of a single .cpp belong into its unnamed namespace.
#   unique_types.sh SOURCE ...
set -euo pipefail
cd "$1"
twice=$(find lib -name '*.h' -print0 | sort -z | xargs -0 awk '
  FNR == 1 { space = "" }
  /^namespace [A-Za-z_:]+ \{/ { space = $2 }
  /^(struct|class) [A-Za-z_0-9]+( final)?( :|:| \{|$)/ && !/;$/ { name = space "::" $2; sub(/:$/, "", name); print name, FILENAME }
' | sort -u | awk '{ files[$1] = files[$1] " " $2; count[$1]++ } END { for (name in count) if (count[name] > 1) print name ":" files[name] }')
if [[ -n $twice ]]; then
  echo "$twice"
  echo "rename one of each pair"
  exit 1
fi
echo "each type has one definition"
