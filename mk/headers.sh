#!/bin/bash
# headers: each public header compiles by itself, in C11 and in C++17, by both compilers, without a warning.
set -euo pipefail

broken=0
for header in include/berth/*.h; do
	for compiler in "gcc -x c -std=c11" "clang -x c -std=c11" "g++ -x c++ -std=c++17" "clang++ -x c++ -std=c++17"; do
		echo "#include <berth/$(basename "$header")>" |
			$compiler -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -Iinclude -fsyntax-only - || broken=1
	done
done
exit $broken
