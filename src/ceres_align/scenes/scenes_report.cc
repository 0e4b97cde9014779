#include "ceres_align/scenes/scenes_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

using Json = nlohmann::json;
using Kind = SceneRow::Kind;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kWorstInText = 10;

double NumberAt(const Json& object, const char* key) {
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : kNone;
}

double LeastOf(const Json& list) {
  double least = kNone;
  for (const Json& value : list) {
    if (value.is_number() && !(value.get<double>() >= least)) least = value.get<double>();
  }
  return least;
}

std::vector<SceneRow> WorstFirst(std::vector<SceneRow> rows) {
  const auto key = [](const SceneRow& row) {
    const double fit = std::isfinite(row.iou) ? row.iou : -1;
    return std::make_pair(row.kind, row.kind == Kind::kUsable && std::isfinite(row.rotation_deg)
                                        ? -row.rotation_deg
                                        : fit);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const SceneRow& a, const SceneRow& b) { return key(a) < key(b); });
  return rows;
}

const char* WordOf(Kind kind) {
  switch (kind) {
    case Kind::kError:
      return "not aligned";
    case Kind::kWrong:
      return "not right";
    case Kind::kInexact:
      return "not exact enough";
    case Kind::kUsable:
      return "usable";
  }
  return "";
}

double SecondsAt(const std::vector<SceneRow>& rows, double share) {
  std::vector<double> seconds;
  for (const SceneRow& row : rows) {
    if (std::isfinite(row.seconds)) seconds.push_back(row.seconds);
  }
  if (seconds.empty()) return kNone;
  const auto i = static_cast<size_t>(share * static_cast<double>(seconds.size() - 1));
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(i),
                   seconds.end());
  return seconds[i];
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Of a path in an address: all but letters, digits and -_./ as %XX.
std::string Address(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string("-_./").find(c) != std::string::npos) {
      out += c;
    } else {
      out += Format("%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string Cell(double value, const char* format) {
  if (!std::isfinite(value)) return "<td class=n></td>";
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return std::string("<td class=n>") + text + "</td>";
}

std::string RowHtml(const SceneRow& row, bool has_folders) {
  const std::string id = Escaped(row.id);
  const bool link = has_folders && row.kind != Kind::kError;
  static constexpr const char* kClasses[] = {"e", "w", "i", "u"};
  return Format("<tr class=%s><td>", kClasses[static_cast<int>(row.kind)]) +
         (link ? "<a href=\"" + Address(row.id) + "/\">" + id + "</a>" : id) + "</td><td>" +
         WordOf(row.kind) + "</td>" + Cell(row.iou, "%.4f") + Cell(row.rotation_deg, "%.3g") +
         Cell(row.percent, "%.3g") + Cell(1e3 * row.seconds, "%.0f") + "<td>" + Escaped(row.words) +
         "</td></tr>\n";
}

constexpr char kHead[] = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ceres_align_batch</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
th { position: sticky; top: 0; background: Canvas; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.e td:nth-child(2), tr.w td:nth-child(2) { color: #c22; font-weight: 600; }
tr.i td:nth-child(2) { color: #a60; font-weight: 600; }
tr.u td:nth-child(2) { color: #282; }
@media (prefers-color-scheme: dark) {
  tr.e td:nth-child(2), tr.w td:nth-child(2) { color: #f77; }
  tr.i td:nth-child(2) { color: #fb5; }
  tr.u td:nth-child(2) { color: #7d7; }
}
</style></head><body>
)";

// What a result says of one object, the scene's only one or `object` of several.
void AddToRow(const Json& result, const std::string& object, SceneRow* row) {
  const auto worse = [](double a, double b) { return std::isnan(a) || b > a ? b : a; };
  if (result.contains("iou")) {
    const double iou = LeastOf(result["iou"]);
    if (!(row->iou <= iou)) row->iou = iou;
  }
  if (result.contains("accuracy")) {
    const Json& accuracy = result["accuracy"];
    row->rotation_deg = worse(row->rotation_deg, NumberAt(accuracy, "rotation_deg"));
    row->percent = worse(row->percent, NumberAt(accuracy, "translation_percent_of_distance"));
  }
  row->searched = row->searched || result.value("searched", false);
  if (!row->words.empty() || !result.contains("failed") || result["failed"].empty()) return;
  const Json& failed = result["failed"][0];
  row->words = object + failed.value("name", "") + ": " + failed.value("message", "");
}

SceneRow RowOf(const Json& line) {
  SceneRow row;
  row.id = line["id"].get<std::string>();
  row.scene = line.value("scene", "");
  row.seconds = line.contains("seconds") ? NumberAt(line["seconds"], "total") : kNone;
  row.iou = row.rotation_deg = row.percent = kNone;
  if (line.contains("error")) {
    row.words = line.value("error", "");
    return row;
  }
  row.kind = line.value("usable", false)  ? Kind::kUsable
             : line.value("right", false) ? Kind::kInexact
                                          : Kind::kWrong;
  AddToRow(line, "", &row);
  if (line.contains("objects")) {
    for (const Json& object : line["objects"]) {
      AddToRow(object, object.value("name", "") + ": ", &row);
    }
  }
  return row;
}

}  // namespace

SceneRow ReadResultLine(const std::string& text) {
  const std::string wrong = "no line of a batch's results: " + Quoted(text);
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object() || !line.contains("id") || !line["id"].is_string()) throw InputError(wrong);
  try {
    return RowOf(line);
  } catch (const Json::exception&) {
    throw InputError(wrong);
  }
}

SceneCounts CountRows(const std::vector<SceneRow>& rows) {
  SceneCounts counts;
  for (const SceneRow& row : rows) {
    size_t* const of[] = {&counts.error, &counts.wrong, &counts.inexact, &counts.usable};
    ++*of[static_cast<int>(row.kind)];
  }
  return counts;
}

std::string SummaryText(const std::vector<SceneRow>& rows) {
  const SceneCounts counts = CountRows(rows);
  std::string text = Format(
      "%zu of %zu scenes usable; %zu right but not exact enough, %zu not right, %zu could not be "
      "aligned\n",
      counts.usable, counts.all(), counts.inexact, counts.wrong, counts.error);
  text += Format("A scene's time: median %.0f ms, 90 %% within %.0f ms\n",
                 1e3 * SecondsAt(rows, 0.5), 1e3 * SecondsAt(rows, 0.9));
  const std::vector<SceneRow> worst = WorstFirst(rows);
  for (size_t i = 0; i < std::min(worst.size(), kWorstInText); ++i) {
    const SceneRow& row = worst[i];
    if (row.kind == Kind::kUsable) break;
    if (i == 0) text += "The worst:\n";
    text += Format("  %-24s %-16s %s\n", Shown(row.id, 60).c_str(), WordOf(row.kind),
                   Shown(row.words, 160).c_str());
  }
  return text;
}

std::string IndexHtml(const std::vector<SceneRow>& rows, bool has_folders) {
  const SceneCounts counts = CountRows(rows);
  std::string html = kHead;
  html += Format(
      "<h1>%zu of %zu scenes usable</h1>\n<p>%zu right but not exact enough, %zu not right, %zu "
      "could not be aligned. The worst come first.</p>\n",
      counts.usable, counts.all(), counts.inexact, counts.wrong, counts.error);
  html +=
      "<table><thead><tr><th>scene</th><th>verdict</th><th class=n>least IoU</th>"
      "<th class=n>within, deg</th><th class=n>within, %</th><th class=n>ms</th>"
      "<th>why not</th></tr></thead><tbody>\n";
  for (const SceneRow& row : WorstFirst(rows)) html += RowHtml(row, has_folders);
  html += "</tbody></table></body></html>\n";
  return html;
}

}  // namespace ceres_align
