package annalscdk

import "github.com/annals-es/annals/pkg/annals/annalsaws"

func (s *Service) rebuildMachineName() string { return *s.Stack.StackName() + "-Rebuild" }

func (s *Service) rebuildMachineARN() *string {
	return s.statesARN("stateMachine:" + s.rebuildMachineName())
}

// addRebuilds declares the state machine that rebuilds a read model beside the one that serves, see rebuildMachine. Its
// role may invoke the rebuilder, and start, watch and stop the executions of its own maps.
func (s *Service) addRebuilds() {
	name := s.rebuildMachineName()
	m := rebuildMachine{
		rebuilder: s.ofRebuilder(), segments: s.Settings.RebuildSegments, concurrency: s.Settings.RebuildConcurrency,
	}
	s.RebuildMachine = s.newMachine("RebuildMachine", name, m.states(), "RebuildRole",
		s.mayInvokeRebuilder(),
		allow([]string{"states:StartExecution"}, s.rebuildMachineARN()),
		allow([]string{"states:DescribeExecution", "states:StopExecution"},
			s.statesARN("execution:"+name+":*"), s.statesARN("execution:"+name+"/*")))
	// A new projector may start a rebuild that only the rebuilder of the same deployment can do.
	s.Functions[annalsaws.Projector].Lambda.Node().AddDependency(s.RebuildMachine)
	s.output("RebuildMachineArn", s.RebuildMachine.StateMachineArn(), "State machine that rebuilds read models")
}
