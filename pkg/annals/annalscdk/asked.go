package annalscdk

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// asked holds a deployment's settings, and which of them were read.
type asked struct {
	values map[string]any
	read   map[string]bool
}

func (a *asked) get(key string) (value any, there bool) {
	if a.read == nil {
		a.read = map[string]bool{}
	}
	a.read[key] = true
	value, there = a.values[key]
	return value, there && value != nil
}

// unread returns an error about a setting that no code reads, so that it would have no effect.
func (a *asked) unread() error {
	for _, key := range slices.Sorted(maps.Keys(a.values)) {
		if settingPattern.MatchString(key) && !a.read[key] {
			return fmt.Errorf("there is no setting %s: docs/configuration.md lists the settings", key)
		}
	}
	return nil
}

// text returns a setting that is a string, or "" if it is missing.
func text(context *asked, key string) (string, error) {
	value, there := context.get(key)
	if !there {
		return "", nil
	}
	if value, ok := value.(string); ok {
		return value, nil
	}
	return "", fmt.Errorf("%s is %v: it must be a string", key, value)
}

// truth returns a setting that is true or false, in JSON or as a string from the command line. If it is missing, it is
// false.
func truth(context *asked, key string) (bool, error) {
	value, there := context.get(key)
	if !there || value == "" {
		return false, nil
	}
	switch value {
	case true, "true":
		return true, nil
	case false, "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is %v: it must be true or false", key, value)
}

// texts returns a setting that is a list of strings, or a string with commas.
func texts(context *asked, key string) ([]string, error) {
	value, there := context.get(key)
	if !there || value == "" {
		return nil, nil
	}
	var parts []string
	switch value := value.(type) {
	case string:
		parts = strings.Split(value, ",")
	case []any:
		for _, one := range value {
			part, ok := one.(string)
			if !ok {
				return nil, fmt.Errorf("%s has %v: it must be a list of strings", key, one)
			}
			parts = append(parts, part)
		}
	default:
		return nil, fmt.Errorf("%s is %v: it must be a string or a list of strings", key, value)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts, nil
}

// whole returns a setting that is a number from 1 to most, in JSON or as a string from the command line. If most is 0,
// there is no limit. If the setting is missing, it returns 0.
func whole(context *asked, key string, most int) (int, error) {
	value, there := context.get(key)
	if !there {
		return 0, nil
	}
	text := fmt.Sprint(value)
	if n, ok := value.(float64); ok {
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 || most > 0 && n > uint64(most) {
		return 0, outside(key, text, most)
	}
	return int(n), nil
}

// outside returns the error about a number that is not from 1 to most.
func outside(key, value string, most int) error {
	if most == 0 {
		return fmt.Errorf("%s is %s: it must be a whole number of 1 or more", key, value)
	}
	return fmt.Errorf("%s is %s: it must be a whole number%s from 1 to %d", key, value, unitOf[key], most)
}
