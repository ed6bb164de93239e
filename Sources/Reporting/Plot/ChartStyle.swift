// Colours and type of all pictures, for light and dark pages.

/// The picture brings its own background, so it can be read on any page; where the reader's
/// system prefers dark, it is dark. Lines differ in colour, dash and mark, not in colour alone.
enum ChartStyle {
  /// Okabe and Ito's colours, which the colour-blind can tell apart; lighter on dark.
  private static let light = ["#0072b2", "#d55e00", "#00805d", "#a2487d", "#8a6d00", "#5a5a5a"]
  private static let dark = ["#58b4f0", "#ff8b45", "#2fc9a0", "#e79bc6", "#e3b341", "#b0b0b0"]

  static var lineCount: Int { light.count }

  static let sheet: String = {
    func colours(_ list: [String]) -> String {
      list.enumerated().map { index, colour in
        ".s\(index){stroke:\(colour)}.f\(index){fill:\(colour)}"
      }.joined(separator: "\n")
    }
    return """
      text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
      .title{font-size:15px;font-weight:600}
      .panel{font-size:12.5px;font-weight:600}
      .small{font-size:11px;fill:#59636e}
      .legend{font-size:12px}
      .paper{fill:#ffffff;stroke:#d1d9e0}
      .grid{stroke:#e4e8ec;stroke-width:1}
      .axis{stroke:#818b98;stroke-width:1}
      .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
      .dashed{stroke-dasharray:6 5;stroke-linecap:butt}
      .whisker{stroke-width:1.2;opacity:.75}
      .mark{stroke-width:1.8}
      .hollow{fill:none}
      \(colours(light))
      @media (prefers-color-scheme:dark){
      text{fill:#e6edf3}
      .small{fill:#9ea7b3}
      .paper{fill:#0d1117;stroke:#30363d}
      .grid{stroke:#21262d}
      .axis{stroke:#7d8590}
      \(colours(dark))
      }
      """
  }()

  /// The same with numbers on coloured fields.
  static let sheetOfFields = """
    \(sheet)
    .onfill{font-size:12px;fill:#ffffff}
    @media (prefers-color-scheme:dark){.onfill{fill:#0d1117}}
    """
}
