// Dark or light: as the address says, else as the machine prefers.

const prefersDark = matchMedia("(prefers-color-scheme: dark)")

/** `{theme, toggle}`; `changed(theme)` is called at the start and at every change. */
export function createTheme(chosen, changed) {
  const themes = ["dark", "light"]
  let choice = themes.includes(chosen) ? chosen : null
  const theme = () => choice ?? (prefersDark.matches ? "dark" : "light")
  const apply = () => {
    document.documentElement.dataset.theme = theme()
    changed(theme())
  }
  prefersDark.addEventListener("change", apply)
  apply()
  return {
    theme,
    choose(wanted) {
      if (!themes.includes(wanted)) return
      choice = wanted
      apply()
    },
    toggle() {
      choice = theme() === "dark" ? "light" : "dark"
      apply()
      return choice
    },
  }
}
