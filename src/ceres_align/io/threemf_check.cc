#include "ceres_align/io/threemf_check.h"

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

#include "ceres_align/io/text.h"
#include "ceres_align/io/xml_nesting.h"
#include "ceres_align/io/zip_file.h"

namespace ceres_align::io_internal {
namespace {

constexpr char kRels[] = "_rels/.rels", kModelEnding[] = ".model";

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Calls f with every KEY="value" behind a blank, in comments and text too; `line` of the file.
void ForEachValue(const std::string& xml, const std::string& key,
                  const std::function<void(const std::string& value, int64_t line)>& f) {
  int64_t line = 1;
  size_t counted = 0;
  for (size_t at = xml.find(key); at != std::string::npos; at = xml.find(key, at)) {
    const bool begins = at > 0 && IsBlank(xml[at - 1]);
    line += std::count(xml.begin() + static_cast<std::ptrdiff_t>(counted),
                       xml.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    counted = at;
    at += key.size();
    while (at < xml.size() && IsBlank(xml[at])) ++at;
    if (!begins || at == xml.size() || xml[at] != '=') continue;
    do ++at;
    while (at < xml.size() && IsBlank(xml[at]));
    if (at == xml.size() || (xml[at] != '"' && xml[at] != '\'')) continue;
    const size_t end = std::min(xml.find(xml[at], at + 1), xml.size());
    f(xml.substr(at + 1, end - at - 1), line);
    at = end;
  }
}

// The first model that _rels/.rels names.
std::string RootModel(const std::string& rels, const std::set<std::string>& files,
                      const std::string& name) {
  std::string root;
  ForEachValue(rels, "Target", [&](const std::string& target, int64_t line) {
    const std::string file = target.substr(!target.empty() && target[0] == '/');
    if (!root.empty() || !EndsWith(file, kModelEnding)) return;
    if (files.count(file) == 0) {
      Fail(name, ": ", kRels, ": line ", line, ": ", Quoted(target), " is not in the ZIP file");
    }
    root = file;
  });
  if (root.empty()) Fail(name, ": is no 3MF: ", kRels, " names no model");
  return root;
}

void CheckTransforms(const std::string& model, const std::string& place) {
  ForEachValue(model, "transform", [&](const std::string& value, int64_t line) {
    std::istringstream words(value);
    int count = 0;
    for (std::string word; words >> word; ++count) {
      const char* p = word.data();
      double number = 0;
      if (ReadNumber(&p, word.data() + word.size(), &number) && p == word.data() + word.size()) {
        continue;
      }
      Fail(place, ": line ", line, ": transform has ", Quoted(word), "; a number is needed");
    }
    if (count == 12) return;
    Fail(place, ": line ", line, ": transform has ", count, " numbers; 12 are needed");
  });
}

// The tag that begins at `at`, up to its end, which is no '>' in quotes.
std::string TagAt(const std::string& xml, size_t at) {
  char quote = 0;
  size_t end = at;
  for (; end < xml.size() && (quote != 0 || xml[end] != '>'); ++end) {
    if (quote != 0 ? xml[end] == quote : xml[end] == '"' || xml[end] == '\'') {
      quote = quote != 0 ? 0 : xml[end];
    }
  }
  return xml.substr(at, end - at);
}

// Objects that hold each other in a circle: 3MF has each stand before what holds it.
void CheckComponents(const std::string& model, const std::string& place) {
  std::set<std::string> ids;
  std::string latest;
  for (size_t at = model.find('<'); at != std::string::npos; at = model.find('<', at + 1)) {
    const bool object = model.compare(at, 7, "<object") == 0;
    if (!object && model.compare(at, 10, "<component") != 0) continue;
    const std::string tag = TagAt(model, at);
    if (object) {
      ids.insert(latest);
      ForEachValue(tag, "id", [&](const std::string& id, int64_t) { latest = id; });
      continue;
    }
    ForEachValue(tag, "objectid", [&](const std::string& id, int64_t) {
      if (id != latest && ids.count(id) > 0) return;
      Fail(place, ": object ", Quoted(latest), " has the component ", Quoted(id),
           ", which does not stand before it");
    });
  }
}

}  // namespace

std::string Checked3mf(const std::string& bytes, const std::string& name) {
  const std::vector<ZipEntry> entries = ZipEntries(bytes, name);
  std::set<std::string> files;
  std::string rels, model;
  for (const ZipEntry& entry : entries) {
    if (!files.insert(entry.name).second) Fail(name, ": ", Quoted(entry.name), " is in it twice");
    if (entry.name == kRels) rels = Unzipped(bytes, entry, name);
  }
  if (files.count(kRels) == 0) Fail(name, ": is no 3MF: the ZIP file has no ", kRels);
  const std::string root = RootModel(rels, files, name);
  for (const ZipEntry& entry : entries) {
    if (entry.name == root) model = Unzipped(bytes, entry, name);
  }
  const std::string place = name + ": " + Shown(root, 60);
  if (model.find('\0') != std::string::npos) Fail(place, ": contains a NUL; UTF-8 is read");
  CheckXmlNesting(model, place);
  CheckTransforms(model, place);
  CheckComponents(model, place);
  return Zipped(
      {{"3D/3dmodel.model", model},
       {kRels,
        "<Relationships><Relationship Target=\"/3D/3dmodel.model\" Id=\"r\" Type=\""
        "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/></Relationships>"}});
}

}  // namespace ceres_align::io_internal
