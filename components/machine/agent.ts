/** The CloudWatch agent's own config: what CloudWatch cannot see from outside the machine, and the logs. */
export interface AgentSpec {
  readonly namespace: string;
  readonly logGroup: string;
}

/** Where Docker keeps its data: the data volume. */
export const dataRoot = "/var/lib/docker";

/** Names as the agent writes them; alarms are about the same. */
export const agentMetrics = { memory: "mem_used_percent", disk: "disk_used_percent" } as const;

/** JSON of the agent. Container logs are Docker's own files; secrets that a product prints are in them, as they are on the host. */
export function agentConfig({ namespace, logGroup }: AgentSpec): string {
  const file = (file_path: string, kind: string) => ({
    file_path,
    log_group_name: logGroup,
    log_stream_name: `{instance_id}/${kind}`,
    timezone: "UTC",
  });
  return JSON.stringify(
    {
      agent: { metrics_collection_interval: 60, run_as_user: "root" },
      metrics: {
        namespace,
        append_dimensions: { InstanceId: `${"$"}{aws:InstanceId}` },
        metrics_collected: {
          mem: { measurement: [agentMetrics.memory] },
          disk: {
            measurement: ["used_percent"],
            resources: [dataRoot],
            drop_device: true,
            ignore_file_system_types: ["overlay", "tmpfs"],
          },
        },
      },
      logs: {
        logs_collected: {
          files: {
            collect_list: [
              file("/var/log/cloud-init-output.log", "cloud-init"),
              file(`${dataRoot}/containers/*/*-json.log`, "containers"),
            ],
          },
        },
      },
    },
    undefined,
    2,
  );
}
