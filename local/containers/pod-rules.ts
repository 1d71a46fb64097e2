/** What of a pod's template a kubelet goes by. */
export interface PodRules {
  /** For so long containers may take to end. */
  readonly graceSeconds: number;
  /** `initialDelaySeconds` of readiness probes, by container: so long after its start it is not ready in any case. */
  readonly readinessDelays: Readonly<Record<string, number>>;
  /** Conditions without which the pod is not ready, whatever its containers say. */
  readonly gates: readonly string[];
}
