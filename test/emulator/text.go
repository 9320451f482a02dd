package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func parse(text string, to any) error {
	if err := json.Unmarshal([]byte(text), to); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

func marshal(value any) ([]byte, error) { return json.MarshalIndent(value, "", " ") }

func linesWith(text, part string) (found []string) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
