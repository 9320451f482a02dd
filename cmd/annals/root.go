package main

import "github.com/spf13/cobra"

// cli has the flags and the environment that all commands share.
type cli struct {
	getenv func(string) string
	// local, stack and file name the service.
	local  bool
	stack  string
	file   string
	output format
	// units is the most read units a second that a search consumes. 0 is no limit.
	units float64
}

const longHelp = `Operate a service: show its events and their effects, the progress of its read models, and repair
them.

Where the service is:

    --local       the service that ` + "`make run` or `annals run`" + ` runs on this machine (PORT=3000)
    --stack NAME  a CloudFormation stack on AWS
    --file FILE   a file with the output of ` + "`annals describe`" + `; "-" is standard input

The commands work with any service: they read its description there. The service's functions do the work that needs its
code, through Lambda's Invoke API. A table's variable, such as TABLE_EVENTS=restored-table, replaces the table's name.
Commands that ask a function (state, heal, rollback and others) then fail, because functions use their own tables.

The settings of AWS (AWS_PROFILE, AWS_REGION and so on) are read as in all tools of AWS.

Output is for people. With --output json it is one JSON object, or one object a line (NDJSON) for a list. Members may be
added; none is renamed. Control characters in stored text are escaped. Times are UTC.

Exit codes: 0 success; 1 the command failed; 2 the command line is wrong; 3 the command succeeded and found a problem, such
as findings of verify and doctor, or parked streams; 130 SIGINT (Ctrl-C) stopped it; 143 SIGTERM stopped it. A command that
a signal stops prints one sentence; its changes until then stay.`

func newRoot(getenv func(string) string) *cobra.Command {
	c := &cli{getenv: getenv}
	root := &cobra.Command{
		Use:               "annals",
		Short:             "Operate a service: show, verify and repair it",
		Long:              longHelp,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&c.local, "local", false, "use the service that runs on this machine (PORT=3000)")
	flags.StringVar(&c.stack, "stack", "", "use the service of this CloudFormation stack")
	flags.StringVar(&c.file, "file", "", "use the service that this file describes: the output of annals describe")
	flags.VarP(&c.output, "output", "o", "human or json")
	_ = root.RegisterFlagCompletionFunc("output",
		cobra.FixedCompletions([]string{"human", "json"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddGroup(&cobra.Group{ID: events, Title: "What happened:"}, &cobra.Group{ID: models, Title: "The read models:"},
		&cobra.Group{ID: setup, Title: "The setup:"})
	root.AddCommand(in(events,
		c.streamsCommand(), c.eventsCommand(), c.stateCommand(), c.findCommand(), c.tailCommand(), c.traceCommand(),
		c.consoleCommand(),
		c.verifyCommand(), c.anchorsCommand(), c.exportCommand(), writer(c.importCommand()), c.subjectsCommand())...)
	root.AddCommand(in(models,
		c.projectionsCommand(), writer(c.rebuildCommand()), writer(c.rollbackCommand()), writer(c.abandonCommand()),
		c.parkedCommand(), c.deadlinesCommand(),
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

// strict turns cobra's errors about a command line into usage errors, and makes unknown commands an error.
func strict(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	check := cmd.Args
	if !cmd.Runnable() {
		check = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q: `%s --help` lists the commands", args[0], cmd.CommandPath())
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
