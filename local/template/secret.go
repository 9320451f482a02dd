package template

import (
	"fmt"
	"regexp"
)

// dynamic matches a reference that CloudFormation replaces by a secret's value.
var dynamic = regexp.MustCompile(`\{\{resolve:secretsmanager:(.+?):SecretString:[^}]*\}\}`)

// resolveSecrets replaces references to secrets in a function's environment.
func (s *stack) resolveSecrets(env map[string]string) error {
	for name, value := range env {
		found := dynamic.FindStringSubmatch(value)
		if found == nil {
			continue
		}
		if s.options.Secret == nil {
			return fmt.Errorf("%s: the secret has no value: set the option Secret", name)
		}
		secret, err := s.options.Secret(found[1])
		if err != nil {
			return fmt.Errorf("%s: secret %s: %w", name, found[1], err)
		}
		env[name] = dynamic.ReplaceAllLiteralString(value, secret)
	}
	return nil
}
