package annalscdk

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Setting is a service's own setting, in addition to those of [Settings]: a string in infra/stages.json.
type Setting struct {
	// Name is its name in infra/stages.json. It has only letters.
	Name string
	// Pattern is a regular expression that the value must match. CanBe describes it in words: "the ARN of a bucket".
	// Without a pattern, any string is valid.
	Pattern, CanBe string
	// Apply, if not nil, is called with the settings before the stack is made, and with the value, which is "" if the
	// stage has none. It may set a secret's value.
	Apply func(s *Settings, value string)

	// duration is what the service declares, if the setting is from [SettingsOf].
	duration *annals.DurationSetting
}

func (s *Settings) readOwn(context *asked, own []Setting) error {
	for _, setting := range own {
		if context.read[setting.Name] || !settingPattern.MatchString(setting.Name) {
			return fmt.Errorf("the service's own setting %q: "+
				"choose another name, of letters only, that no setting of the kit has",
				setting.Name)
		}
		if setting.duration != nil {
			if err := s.readDuration(context, setting.duration); err != nil {
				return err
			}
			continue
		}
		value, err := text(context, setting.Name)
		if err != nil {
			return err
		}
		pattern, err := regexp.Compile(setting.Pattern)
		if err != nil {
			return fmt.Errorf("the service's own setting %s: its pattern: %w", setting.Name, err)
		}
		if value != "" && !pattern.MatchString(value) {
			return fmt.Errorf("%s is %q: it must be %s", setting.Name, value, setting.CanBe)
		}
		s.Own[setting.Name] = value
	}
	return nil
}

func (s *Settings) apply(own []Setting) {
	for _, setting := range own {
		if setting.Apply != nil {
			setting.Apply(s, s.Own[setting.Name])
		}
	}
}

// stackSets reports whether the stack itself sets a variable, besides those of tables.
func stackSets(env string) bool {
	return env == otlpEndpointEnv ||
		slices.ContainsFunc(annalsaws.Variables, func(v annalsaws.Variable) bool { return v.Name == env })
}

// validateSecrets returns an error about a secret in a variable that the stack sets itself, and about a value for a
// secret that the service does not declare.
func (s *Settings) validateSecrets(service *annals.Service) error {
	for _, secret := range service.Secrets {
		if stackSets(secret.Env) {
			return fmt.Errorf("secret %s: the stack sets the environment variable %s itself: choose another name",
				secret.Env, secret.Env)
		}
	}
	for env := range s.Secrets {
		if !slices.ContainsFunc(service.Secrets, func(v *annals.SecretValue) bool { return v.Env == env }) {
			return fmt.Errorf("the secret %s has a value but is not declared: "+
				"declare it with annals.Secret(%q, …), or remove the value", env, env)
		}
	}
	return nil
}
