package annals

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// SecretValue is a value that a function takes from its environment and that is not in the code: a key, a password.
// [Secret] declares it. It is a part of a service.
type SecretValue struct {
	// Env is the environment variable that holds it.
	Env string
	// MinBytes is its minimum length in bytes.
	MinBytes int
}

// Secret declares a secret of the command function, by its environment variable. It has at least minBytes bytes.
// Declare it once, and pass it to [New] and to the code that needs it: see [SecretValue.In].
func Secret(env string, minBytes int) *SecretValue { return &SecretValue{Env: env, MinBytes: minBytes} }

func (v *SecretValue) addTo(s *Service) {
	if !variable.MatchString(v.Env) {
		s.wrong("secret %q: the name of an environment variable is made of A-Z, 0-9 and _, two characters at least, and "+
			"begins with a letter", v.Env)
	}
	for _, prefix := range ownPrefixes {
		if strings.HasPrefix(v.Env, prefix) {
			s.wrong("secret %s: environment variables that begin with %s belong to AWS Lambda or to the kit: "+
				"choose another name", v.Env, prefix)
		}
	}
	for _, o := range s.Secrets {
		switch {
		case o.Env == v.Env:
			s.wrong("secret %s is declared twice: remove one", v.Env)
		case o.logicalID() == v.logicalID():
			s.wrong("secret %s would have the same logical id in the template as secret %s, because logical ids have no "+
				"underscores: choose another name", v.Env, o.Env)
		}
	}
	s.Secrets = append(s.Secrets, v)
}

// variable is what Lambda takes as the name of an environment variable, in capital letters.
var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

// ownPrefixes begin the environment variables that Lambda reserves, and those that name the tables.
var ownPrefixes = []string{"AWS_", "LAMBDA_", "TABLE_"}

func (v *SecretValue) logicalID() string { return logicalID(strings.ReplaceAll(v.Env, "_", "-")) }

// In is the secret's value. It panics if the service was declared without it, or in a function that has no secrets:
// that is a mistake in the program.
func (v *SecretValue) In(r *Running) []byte {
	value, there := r.secrets[v.Env]
	if !there {
		panic(fmt.Sprintf("annals: secret %s: pass it to annals.New; only commands have secrets", v.Env))
	}
	return value
}

// from looks the secret up.
func (v *SecretValue) from(getenv func(string) string) ([]byte, error) {
	value := getenv(v.Env)
	if len(value) < v.MinBytes || value == "" {
		return nil, fmt.Errorf("secret %s has %d bytes, needs at least %d: set the environment variable",
			v.Env, len(value), max(v.MinBytes, 1))
	}
	return []byte(value), nil
}

// Start is a check that the command function makes before its first command.
type Start func(ctx context.Context, r *Running) error

func (f Start) addTo(s *Service) { s.Starts = append(s.Starts, f) }

// BeforeCommands declares a check that the command function makes when it starts. After an error, the process ends
// without taking a command.
func BeforeCommands(check Start) Part { return check }
