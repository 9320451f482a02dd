package annalscdk

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Main is the CDK app of a service: the whole main function of the folder infra.
//
// stages is the content of infra/stages.json: the settings of each stage, see [Settings]. If add is not nil, Main calls
// it with the stack, so that it can add to it. own are further settings of the app; they are read like the others, and
// like those that the service declares.
//
// Main reads cdk.json, so run it in the root of the module. These environment variables change what it does:
// CDK_CONTEXT_JSON has the stage and settings as JSON, CDK_OUTDIR is the folder of the template (default cdk.out),
// ANNALS_ARCH and ANNALS_BUILD select the binaries to deploy. After an error, Main writes a line that begins with
// "infra: " to standard error, and exits with 1.
func Main(service *annals.Service, stages []byte, add func(*Service) error, own ...Setting) {
	err := run(service, stages, add, own)
	jsii.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

func run(service *annals.Service, stages []byte, add func(*Service) error, own []Setting) (err error) {
	// CDK panics with what it refuses. A mistake of Go's, such as a nil pointer in add, keeps its stack trace.
	defer func() {
		fault := recover()
		if mistake, is := fault.(runtime.Error); is {
			panic(mistake)
		}
		if fault != nil {
			err = fmt.Errorf("make the stack: %v", fault)
		}
	}()
	if err := service.Check(); err != nil {
		return err
	}
	build := Settings{
		Arch: cmp.Or(os.Getenv("ANNALS_ARCH"), defaultArch), BuildDir: cmp.Or(os.Getenv("ANNALS_BUILD"), defaultBuild),
	}
	if err := build.validateBuild(); err != nil {
		return err
	}
	own = slices.Concat(SettingsOf(service), own)
	props, settings, err := Configure("cdk.json", os.Getenv("CDK_CONTEXT_JSON"), stages, own...)
	if err != nil {
		return err
	}
	settings.Arch, settings.BuildDir = build.Arch, build.BuildDir
	if err := settings.complete(service); err != nil {
		return err
	}
	// The CDK command line sets the folder in which it looks for the result.
	props.Outdir = jsii.String(cmp.Or(os.Getenv("CDK_OUTDIR"), "cdk.out"))
	app := awscdk.NewApp(props)
	made, err := New(app, annalsaws.Pascal(service.Name), service, settings)
	if err != nil {
		return err
	}
	if add != nil {
		if err := add(made); err != nil {
			return err
		}
	}
	if err := made.Check(); err != nil {
		return err
	}
	app.Synth(nil)
	return writeSources(app, *props.Outdir)
}
