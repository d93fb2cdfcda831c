// placeholder until merged: replaced by f-clusters
export interface ClusterRequest {
  dimension: number;
  vectors: Float32Array<ArrayBuffer>;
  entities: readonly (readonly number[])[];
  taken: Int32Array<ArrayBuffer>;
  minSize: number;
}
export interface ClusterAnswer {
  joins: Int32Array<ArrayBuffer>;
  clusters: number[][];
}
export interface PickRequest {
  dimension: number;
  vectors: Float32Array<ArrayBuffer>;
  texts: readonly string[];
  groups: readonly (readonly number[])[];
  most: number;
}
export interface Pick {
  member: number;
  sentence: string;
}
export interface PickAnswer {
  picks: Pick[][];
  centroids: Float32Array<ArrayBuffer>;
}
export declare function clusterMemories(request: ClusterRequest): Promise<ClusterAnswer>;
export declare function pickSentences(request: PickRequest): Promise<PickAnswer>;
