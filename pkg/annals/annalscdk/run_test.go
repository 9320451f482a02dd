package annalscdk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestRun: the app writes the template with what a team adds, or says in one error why not.
func TestRun(t *testing.T) {
	cdkJSON, err := os.ReadFile("../../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ANNALS_BUILD", built(t))
	t.Setenv("ANNALS_ARCH", "")
	t.Setenv("CDK_CONTEXT_JSON", "")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("cdk.json", cdkJSON, 0o600); err != nil {
		t.Fatal(err)
	}
	stages := []byte(`{"default": {"photos": "my-photos", "paymentDeadline": "5s"}}`)
	photos := Setting{Name: "photos"}
	for want, test := range map[string]struct {
		service *annals.Service
		add     func(*Service) error
	}{
		"there is no aggregate": {annals.New("enrol"), nil},
		"no photos today":       {enrol(reminder), func(*Service) error { return errors.New("no photos today") }},
		"stored events never change": {enrol(reminder), func(s *Service) error {
			s.Tables["events"].GrantWriteData(s.Functions[annalsaws.Command].Lambda)
			return nil
		}},
		"make the stack: ": {enrol(reminder), func(s *Service) error {
			awscdk.NewStack(s.Stack, jsii.String("a name of spaces"), &awscdk.StackProps{StackName: jsii.String("a b")})
			return nil
		}},
		"There is already a Construct with name 'EventsTable'": {enrol(reminder), func(s *Service) error {
			awscdk.NewCfnResource(s.Stack, jsii.String("EventsTable"), &awscdk.CfnResourceProps{Type: jsii.String("A::B::C")})
			return nil
		}},
		"": {enrol(reminder), func(s *Service) error {
			s.Functions[annalsaws.Query].SetEnv("PHOTOS", jsii.String(s.Settings.Own["photos"]))
			return nil
		}},
	} {
		t.Setenv("CDK_OUTDIR", t.TempDir())
		err := run(test.service, stages, test.add, []Setting{photos})
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("run the app: %v, want an error with %s", err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(os.Getenv("CDK_OUTDIR"), "Enrol.template.json"))
		if err != nil || !strings.Contains(string(text), `"PHOTOS": "my-photos"`) {
			t.Errorf("the template has no addition: %v", err)
		}
		if !strings.Contains(string(text), `"PAYMENT_DEADLINE": "5s"`) {
			t.Error("the template does not have the stage's value of a setting")
		}
	}
	// A mistake in the program keeps its panic, and so its stack trace.
	defer func() {
		if _, is := recover().(runtime.Error); !is {
			t.Error("a nil pointer in add did not panic")
		}
	}()
	_ = run(enrol(reminder), stages, func(*Service) error {
		var none *Function
		none.SetEnv("A", nil)
		return nil
	}, []Setting{photos})
}
