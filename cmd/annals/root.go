package main

import "github.com/spf13/cobra"

// cli is what all commands share.
type cli struct {
	getenv func(string) string
	// local, stack and file say where the service is.
	local  bool
	stack  string
	file   string
	output format
	// units is the most read units a second that searches consume, 0 = no limit.
	units float64
}

const longHelp = `Look at a running service, and after it: what happened, what it led to, how far the read models are.

Where the service is:

    --local       the one that ` + "`make run` or `annals run`" + ` runs on this machine (PORT=3000)
    --stack NAME  on AWS: a CloudFormation stack
    --file FILE   what ` + "`annals describe`" + ` printed; "-" is standard input

Each says what the service has: no command holds code of the service. What needs its code is asked of its functions, by
Lambda's Invoke API. A table's own variable, such as TABLE_EVENTS=restored-table, replaces the name of that table.

AWS's own settings (AWS_PROFILE, AWS_REGION and so on) are read as all its tools read them.

Output is for people; with --output json it is JSON: one object, or one a line where there are many (NDJSON). Fields may be
added, none is renamed. What was stored is shown with control characters escaped. Times are UTC.

Exit codes: 0 done; 1 it could not be done; 2 the command line is wrong; 3 it was done, and what was looked at is not as it
should be: findings of verify and doctor, streams that still wait; 130 SIGINT (Ctrl-C) stopped it; 143 SIGTERM stopped it. What
a signal stops says so in one sentence, and what it had done stays done.`

func newRoot(getenv func(string) string) *cobra.Command {
	c := &cli{getenv: getenv}
	root := &cobra.Command{
		Use:               "annals",
		Short:             "Look at a running service, and after it",
		Long:              longHelp,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&c.local, "local", false, "work on the service that runs here (PORT=3000)")
	flags.StringVar(&c.stack, "stack", "", "work on the service of this CloudFormation stack")
	flags.StringVar(&c.file, "file", "", "work on the service that this file describes, as annals describe prints it")
	flags.VarP(&c.output, "output", "o", "human or json")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"human", "json"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddGroup(&cobra.Group{ID: events, Title: "What happened:"}, &cobra.Group{ID: models, Title: "The read models:"}, &cobra.Group{ID: setup, Title: "The setup:"})
	root.AddCommand(in(events,
		c.streamsCommand(), c.eventsCommand(), c.stateCommand(), c.findCommand(), c.tailCommand(), c.traceCommand(), c.consoleCommand(),
		c.verifyCommand(), c.anchorsCommand(), c.exportCommand(), writer(c.importCommand()))...)
	root.AddCommand(in(models,
		c.projectionsCommand(), writer(c.rebuildCommand()), writer(c.rollbackCommand()), writer(c.abandonCommand()), c.parkedCommand(),
		writer(c.healCommand()), writer(c.reconcileCommand()), writer(c.republishCommand()))...)
	root.AddCommand(in(setup,
		c.doctorCommand(), c.describeCommand(), c.newCommand(), c.runCommand(), c.versionCommand())...)
	strict(root)
	return root
}

// The groups of commands.
const (
	events = "events"
	models = "models"
	setup  = "setup"
)

func in(group string, commands ...*cobra.Command) []*cobra.Command {
	for _, cmd := range commands {
		cmd.GroupID = group
	}
	return commands
}

// strict makes usage errors of what cobra finds wrong with a command line, and unknown commands errors.
func strict(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	check := cmd.Args
	if !cmd.Runnable() {
		check = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q: `%s --help` lists what there is", args[0], cmd.CommandPath())
			}
			return nil
		}
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
	for _, child := range cmd.Commands() {
		strict(child)
	}
}
