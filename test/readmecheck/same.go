package main

import (
	"regexp"
	"strings"
)

var masks = map[*regexp.Regexp]string{
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`):                      "<instant>",
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`): "<uuid>",
	regexp.MustCompile(`"next":"[\w-]+"`):                                              `"next":"<cursor>"`,
	regexp.MustCompile(`(?m)^(ok\s+\S+)\s+(\d+\.\d+s|\(cached\))$`):                    "$1 <time>",
	regexp.MustCompile(`\s+\n`):                                                        "\n",
}

func mask(s string) string {
	s = strings.TrimSpace(s) + "\n"
	for pattern, with := range masks {
		s = pattern.ReplaceAllString(s, with)
	}
	return s
}

// same reports whether a command printed what the page says.
func same(printed, documented string) bool {
	var pattern strings.Builder
	for line := range strings.Lines(mask(documented)) {
		if line == "…\n" {
			pattern.WriteString(`(.*\n)*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(mask(printed))
}
