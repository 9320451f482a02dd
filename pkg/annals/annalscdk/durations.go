package annalscdk

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
)

// SettingsOf returns the settings that a service declares with [annals.Setting], for [Configure]. [Main] calls it.
func SettingsOf(service *annals.Service) []Setting {
	all := make([]Setting, len(service.Settings))
	for i, declared := range service.Settings {
		all[i] = Setting{Name: declared.Name, duration: declared}
	}
	return all
}

// readDuration reads a setting that the service declares.
func (s *Settings) readDuration(context *asked, declared *annals.DurationSetting) error {
	value, there := context.get(declared.Name)
	if !there || value == "" {
		return nil
	}
	duration, err := declared.Parse(fmt.Sprint(value))
	if err != nil {
		return err
	}
	s.Durations[declared.Name] = duration
	return nil
}

// completeDurations checks the settings that the service declares and their values, and fills in the defaults.
func (s *Settings) completeDurations(service *annals.Service) error {
	all := map[string]time.Duration{}
	for _, declared := range service.Settings {
		if err := validateSetting(declared); err != nil {
			return err
		}
		all[declared.Name] = declared.Default
	}
	for _, name := range slices.Sorted(maps.Keys(s.Durations)) {
		i := slices.IndexFunc(service.Settings, func(d *annals.DurationSetting) bool { return d.Name == name })
		if i < 0 {
			return fmt.Errorf("the setting %s has a value but is not declared: "+
				"declare it with annals.Setting(%q, …), or remove the value", name, name)
		}
		value, err := service.Settings[i].Parse(s.Durations[name].String())
		if err != nil {
			return err
		}
		all[name] = value
	}
	s.Durations = all
	return nil
}

// validateSetting returns an error about a setting with the name of one of the kit's, or in a variable that has another
// use in deployed functions.
func validateSetting(declared *annals.DurationSetting) error {
	kit := &asked{}
	if _, err := settingsFrom(kit, nil); err != nil {
		return err
	}
	if kit.read[declared.Name] {
		return fmt.Errorf("setting %s: every service has a setting of this name: choose another name", declared.Name)
	}
	env := declared.Env()
	if stackSets(env) {
		return fmt.Errorf("setting %s: the stack sets the environment variable %s itself: choose another name",
			declared.Name, env)
	}
	foreign := func(prefix string) bool { return strings.HasPrefix(env, prefix) }
	if slices.ContainsFunc(foreignPrefixes, foreign) || slices.Contains(foreignVariables, env) {
		return fmt.Errorf("setting %s: the environment variable %s can have another meaning in functions: "+
			"choose another name", declared.Name, env)
	}
	return nil
}

// Variables to which the operating system, Go or OpenTelemetry give a meaning. Those of tables and of Lambda are
// mistakes in the declaration.
var (
	foreignPrefixes  = []string{"LD_", "OTEL_"}
	foreignVariables = []string{
		"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "NO_PROXY",
		"PATH", "PWD", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "ZONEINFO",
	}
)

// settingsEnvironment returns the variables with the values of a function's settings. The defaults are there too, so
// that the template shows each value.
func (s *Service) settingsEnvironment(f function) map[string]*string {
	env := map[string]*string{}
	for _, setting := range f.settings {
		env[setting.Env()] = jsii.String(s.Settings.Durations[setting.Name].String())
	}
	return env
}
