#include "ceres_align/io/json_reader.h"

#include <algorithm>
#include <set>
#include <vector>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

// "3, column 7" of a byte offset.
std::string LineAndColumn(const std::string& text, size_t offset) {
  offset = std::min(offset, text.size());
  const auto begin = text.begin(), at = begin + static_cast<std::ptrdiff_t>(offset);
  const size_t last_newline = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
  const size_t column = last_newline == std::string::npos ? offset + 1 : offset - last_newline;
  return Cat(1 + std::count(begin, at, '\n'), ", column ", column);
}

void CheckDepth(const std::string& text, const std::string& name) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      i += c == '\\';
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) {
        Fail(name, ": line ", LineAndColumn(text, i), ": nested deeper than ", kMaxDepth);
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

// The last part of nlohmann's message: "syntax error while parsing array - unexpected end of …".
std::string Reason(const std::string& what) {
  const size_t column = what.find("column ");
  const size_t colon = column == std::string::npos ? std::string::npos : what.find(": ", column);
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

// Keeps a set of keys per open object.
class RepeatedKeys {
 public:
  explicit RepeatedKeys(const std::string& name) : name_(name) {}

  bool operator()(int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) {
      keys_.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys_.pop_back();
    } else if (event == json::parse_event_t::key) {
      const std::string& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) Fail(name_, ": key ", Quoted(key), " appears twice");
    }
    return true;
  }

 private:
  const std::string& name_;
  std::vector<std::set<std::string>> keys_;
};

// "… number overflow parsing '1e999'": the token, to find its place.
[[noreturn]] void FailOverflow(const std::string& text, const std::string& name,
                               const std::string& what) {
  const size_t begin = what.find('\''), end = what.rfind('\'');
  if (begin == std::string::npos || end <= begin) Fail(name, ": ", Shown(what, 100));
  const std::string token = what.substr(begin + 1, end - begin - 1);
  Fail(name, ": line ", LineAndColumn(text, text.find(token)), ": number ", Shown(token, 40),
       " is out of range, not finite");
}

}  // namespace

json ParseJson(const std::string& text, const std::string& name) {
  CheckDepth(text, name);
  try {
    return json::parse(text, RepeatedKeys(name));
  } catch (const json::parse_error& error) {
    const size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    Fail(name, ": line ", LineAndColumn(text, offset), ": ", Shown(Reason(error.what()), 100));
  } catch (const json::out_of_range& error) {
    FailOverflow(text, name, error.what());
  }
}

}  // namespace ceres_align::io_internal
