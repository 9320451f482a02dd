import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** Local runs a node of OpenSearch until the process gets SIGTERM. Its arguments are settings: name=value. */
final class Local extends Node {
	private Local(Settings settings) {
		super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "local"),
			List.of(Netty4Plugin.class, CommonAnalysisPlugin.class), true);
	}

	public static void main(String[] args) {
		var settings = Settings.builder();
		for (var arg : args) {
			var setting = arg.split("=", 2);
			settings.put(setting[0], setting[1]);
		}
		try {
			var node = new Local(settings.build());
			Runtime.getRuntime().addShutdownHook(new Thread(() -> {
				try {
					node.close();
				} catch (Exception e) {
					System.err.println(e);
				}
			}));
			node.start();
			Thread.currentThread().join(); // OpenSearch's own threads do not keep the process alive
		} catch (Throwable e) {
			for (; e != null; e = e.getCause()) { // the last line is the reason
				System.err.println(e);
			}
			Runtime.getRuntime().halt(1);
		}
	}
}
