// Text for messages: a formatter, and a user's text made safe to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ceres_align {

/// printf into a string, whole whatever its length.
__attribute__((format(printf, 1, 2))) std::string Format(const char* format, ...);

/// A user's text (a path, a flag's value) as it may stand in a message: on one line, at most
/// about `most_bytes` long. Control characters, line separators and bytes that are no UTF-8 are
/// escaped (\n, \t, \r, \xNN); of a longer text the middle is left out: "/very/lo...th/mesh.obj".
std::string Shown(std::string_view text, size_t most_bytes = 120);

/// A value as it stands in a message: like Shown, in double quotes, at most about 40 bytes, of a
/// longer one the end left out: "first words...".
std::string Quoted(std::string_view text);

}  // namespace ceres_align
