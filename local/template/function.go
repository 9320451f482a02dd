package template

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/annals-es/annals/local/policy"
)

// Function is a Lambda function with its own bootstrap.
type Function struct {
	ID       string // logical id
	Name     string
	ARN      string
	Dir      string // the folder of its bootstrap
	Timeout  time.Duration
	MemoryMB int
	// Reserved is its reserved concurrency, or -1 if it has none.
	Reserved int
	Env      map[string]string
	// LogFormat and LogLevel are those of its LoggingConfig, if any.
	LogFormat, LogLevel string
	// Principal is the function acting under its role.
	Principal policy.Principal
}

type functionProperties struct {
	Code                         struct{ S3Key string }
	Role                         string
	Runtime                      string
	Timeout                      *int
	MemorySize                   *int
	ReservedConcurrentExecutions *int
	Environment                  struct{ Variables map[string]string }
	LoggingConfig                struct{ LogFormat, ApplicationLogLevel string }
}

func (s *stack) addFunctions(system *System) error {
	for _, r := range s.of(typeFunction) {
		if !provided(r) {
			s.notRun = append(s.notRun, fmt.Sprintf("%s on %v", r.Type, cmp.Or(r.Properties["Runtime"], any("an image"))))
			continue
		}
		f, err := s.function(r)
		if err != nil {
			return err
		}
		system.Functions = append(system.Functions, f)
	}
	return nil
}

// provided reports whether a function has its own bootstrap. Only such functions run locally.
func provided(r *resource) bool {
	runtime, _ := r.Properties["Runtime"].(string)
	return strings.HasPrefix(runtime, "provided.")
}

func (s *stack) function(r *resource) (Function, error) {
	var p functionProperties
	if err := s.decode(r, &p); err != nil {
		return Function{}, err
	}
	name, err := s.physicalName(r, 0)
	if err != nil {
		return Function{}, err
	}
	hash := strings.TrimSuffix(p.Code.S3Key, ".zip")
	dir, ok := s.assets[hash]
	if !ok {
		return Function{}, fmt.Errorf("%s (%s): its code %q is not in %s.assets.json", r.id, r.Type, p.Code.S3Key, s.name)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return Function{}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "bootstrap")); err != nil {
		return Function{}, fmt.Errorf("%s (%s): no bootstrap in %s", r.id, r.Type, filepath.Base(dir))
	}
	if err := s.resolveSecrets(p.Environment.Variables); err != nil {
		return Function{}, fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
	}
	principal, err := s.principal(p.Role, name)
	if err != nil {
		return Function{}, fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
	}
	return Function{
		ID: r.id, Name: name, ARN: arn("lambda", "function:"+name), Dir: dir,
		Timeout:   time.Duration(orDefault(p.Timeout, 3)) * time.Second,
		MemoryMB:  orDefault(p.MemorySize, 128),
		Reserved:  orDefault(p.ReservedConcurrentExecutions, -1),
		Env:       p.Environment.Variables,
		LogFormat: p.LoggingConfig.LogFormat, LogLevel: p.LoggingConfig.ApplicationLogLevel,
		Principal: principal,
	}, nil
}

func orDefault(value *int, otherwise int) int {
	if value == nil {
		return otherwise
	}
	return *value
}
