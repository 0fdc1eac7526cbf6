package lint

import "strings"

// isLowerCamel reports whether s is in lowerCamelCase: ASCII letters and digits,
// a lower-case letter first.
func isLowerCamel(s string) bool { return s != "" && s[0] >= 'a' && s[0] <= 'z' && isAlnum(s) }

// isUpperCamel is isLowerCamel with an upper-case letter first.
func isUpperCamel(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' && isAlnum(s) }

func isAlnum(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// isKebab reports whether s is in kebab-case: words of lower-case ASCII letters
// and digits with hyphens between them.
func isKebab(s string) bool {
	for word := range strings.SplitSeq(s, "-") {
		if word == "" || word != strings.ToLower(word) || !isAlnum(word) {
			return false
		}
	}
	return true
}

// isKeyword reports whether s is a reserved word in several languages that
// schemas are generated for: Go, JavaScript, Python, Rust, Swift, Kotlin.
func isKeyword(s string) bool {
	switch s {
	case "break", "case", "class", "const", "continue", "default", "do", "else", "enum", "export", "extends", "false",
		"finally", "for", "func", "function", "if", "import", "in", "interface", "let", "new", "null", "package",
		"return", "self", "static", "struct", "super", "switch", "this", "throw", "true", "try", "typeof", "var",
		"void", "while", "with", "yield":
		return true
	}
	return false
}
