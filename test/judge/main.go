// Command judge checks a CloudFormation template with third-party programs: `make judge-template`, which also installs
// them. cfn-lint checks the resources, checkov the security, parliament the policies.
//
// A finding fails the run unless a file accepts it, with a reason. An accepted finding that is no longer found also
// fails the run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	bin := flag.String("judges", ".local/judges", "folder of the judges' environments")
	accept := flag.String("accepted", "infra/judged.json", "file of the accepted findings")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *bin, *accept, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

// run judges one template. The judges also get a second template, with a fault for each judge: a judge that does not
// find it does not work.
func run(ctx context.Context, bin, accept string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want one template: judge cdk.out/Shop.template.json", len(args))
	}
	list, err := readAccepted(accept)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "annals-judge-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	whole, planted := filepath.Join(dir, "whole.json"), filepath.Join(dir, "planted.json")
	for file, text := range map[string][]byte{whole: text, planted: []byte(fault)} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
		if err := writePolicies(filepath.Join(dir, "policies"), file); err != nil {
			return fmt.Errorf("policies of %s: %w", args[0], err)
		}
	}
	var found []finding
	for _, j := range judges {
		began := time.Now()
		all, err := j.judge(ctx, bin, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", j.name, err)
		}
		fmt.Fprintf(os.Stdout, "%s: %d findings, %.1f s\n", j.name, len(all), time.Since(began).Seconds())
		found = append(found, all...)
	}
	return list.settle(found)
}
