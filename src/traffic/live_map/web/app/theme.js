// Dark or light: as the address says, else as the machine prefers.

const prefersDark = matchMedia("(prefers-color-scheme: dark)")
const preference = () => prefersDark.matches ? "dark" : "light"

/** `{theme, toggle}`; `changed(theme)` is called at the start and at every change. */
export function createTheme(chosen, changed) {
  const themes = ["dark", "light"]
  let choice = themes.includes(chosen) ? chosen : null
  // Read at the start and at changes only: to read `matches` before a change is reported takes it back.
  let preferred = preference()
  const theme = () => choice ?? preferred
  const apply = () => {
    document.documentElement.dataset.theme = theme()
    changed(theme())
  }
  prefersDark.addEventListener("change", () => {
    preferred = preference()
    apply()
  })
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
