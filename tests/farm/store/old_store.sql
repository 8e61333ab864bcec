-- A store as farm wrote it at schema version 2, before Alembic: a run on a fake board, and one with a row of each sort.
BEGIN TRANSACTION;
CREATE TABLE attempts (
	run_id TEXT NOT NULL, 
	vector_id TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	board TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	message TEXT NOT NULL, 
	started FLOAT NOT NULL, 
	seconds FLOAT NOT NULL, 
	inexact JSON NOT NULL, 
	metrics JSON NOT NULL, 
	details JSON NOT NULL, 
	PRIMARY KEY (run_id, vector_id, attempt), 
	FOREIGN KEY(run_id, vector_id) REFERENCES vectors (run_id, vector_id)
);
INSERT INTO "attempts" VALUES('20251122-214530-000001','a1ec349c28e1690d',1,'fake:n300:0','validated','','',1.7e+09,1.07288360595703125e-05,'[]','{}','{"open_seconds":0.0}');
INSERT INTO "attempts" VALUES('20251122-214530-000001','7038ddde97fcaed6',1,'fake:n300:0','validated','','',1.7e+09,3.814697265625e-06,'[]','{}','{}');
INSERT INTO "attempts" VALUES('20251122-214530-000002','good',1,'mock:n300:0','validated','','',1700000001.0,0.5,'["arg3"]','{"pcc":0.99}','{"estimate":0.4,"device_config":{"mesh_shape":[1,2]},"output":{"shape":[1]}}');
INSERT INTO "attempts" VALUES('20251122-214530-000002','doubted',1,'mock:n300:0','board_fault','board_suspect','failed on a board that then turned out bad (read 0xffffffff): boom',1700000001.0,0.5,'[]','{}','{"doubted":{"verdict":"fail_assert_exception","reason":"exception","message":"boom"}}');
INSERT INTO "attempts" VALUES('20251122-214530-000002','module',1,'mock:n300:0','fail_assert_exception','exception','it raised',1700000002.0,0.25,'[]','{}','{"suite":"nightly","traceback":"Traceback ...","teardown":"not closed"}');
INSERT INTO "attempts" VALUES('20251122-214530-000002','opened',1,'mock:n300:0','fail_crash_hang','crash','died',1700000003.0,0.25,'[]','{}','{"open_seconds":1.5,"raw":"x"}');
INSERT INTO "attempts" VALUES('20251122-214530-000002','opened',2,'mock:n300:0','validated','','',1700000004.0,0.25,'[]','{}','{}');
CREATE TABLE board_events (
	id INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	board TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	kind TEXT NOT NULL, 
	message TEXT NOT NULL, 
	details JSON NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "board_events" VALUES(1,'20251122-214530-000001','fake:n300:0',1.7e+09,'joined','','{}');
INSERT INTO "board_events" VALUES(2,'20251122-214530-000001','fake:n300:0',1.7e+09,'state','','{"before":"unverified","after":"healthy","cause":"check_passed","seconds":6.9141387939453125e-06}');
INSERT INTO "board_events" VALUES(3,'20251122-214530-000001','fake:n300:0',1.7e+09,'state','','{"before":"healthy","after":"busy","cause":"work_began","seconds":0.0}');
INSERT INTO "board_events" VALUES(4,'20251122-214530-000001','fake:n300:0',1.7e+09,'state','','{"before":"busy","after":"healthy","cause":"work_ended","seconds":0.0}');
INSERT INTO "board_events" VALUES(5,'20251122-214530-000002','mock:n300:0',1700000000.0,'joined','it joined','{}');
INSERT INTO "board_events" VALUES(6,'20251122-214530-000002','mock:n300:0',1700000001.0,'opened','it opened','{}');
INSERT INTO "board_events" VALUES(7,'20251122-214530-000002','mock:n300:0',1700000002.0,'batch','it batch','{}');
INSERT INTO "board_events" VALUES(8,'20251122-214530-000002','mock:n300:0',1700000003.0,'fault','it fault','{}');
INSERT INTO "board_events" VALUES(9,'20251122-214530-000002','mock:n300:0',1700000004.0,'state','it state','{"before":"healthy","after":"suspect","cause":"crash"}');
INSERT INTO "board_events" VALUES(10,'20251122-214530-000002','mock:n300:0',1700000005.0,'restarted','it restarted','{}');
INSERT INTO "board_events" VALUES(11,'20251122-214530-000002','mock:n300:0',1700000006.0,'reset','it reset','{}');
INSERT INTO "board_events" VALUES(12,'20251122-214530-000002','mock:n300:0',1700000007.0,'retired','it retired','{}');
INSERT INTO "board_events" VALUES(13,'20251122-214530-000002','mock:n300:0',1700000008.0,'lost','it lost','{}');
INSERT INTO "board_events" VALUES(14,'20251122-214530-000002','mock:n300:0',1700000009.0,'left','it left','{}');
INSERT INTO "board_events" VALUES(15,'20251122-214530-000002','mock:n300:0',1700000010.0,'kernels','it kernels','{"found":3,"needed":4}');
CREATE TABLE boards (
	run_id TEXT NOT NULL, 
	board TEXT NOT NULL, 
	backend TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	arch TEXT NOT NULL, 
	chips INTEGER NOT NULL, 
	computes BOOLEAN NOT NULL, 
	host TEXT NOT NULL, 
	ttnn_version TEXT, 
	details JSON NOT NULL, 
	PRIMARY KEY (run_id, board), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "boards" VALUES('20251122-214530-000001','fake:n300:0','fake','n300','wormhole_b0',2,0,'',NULL,'{"ttnn":null,"python":"3.12.1","pid":22170}');
INSERT INTO "boards" VALUES('20251122-214530-000002','mock:n300:0','mock','n300','wormhole_b0',2,0,'here','0.66.0','{"host":"here","ttnn":"0.66.0","firmware":"18.4.0"}');
CREATE TABLE configurations (
	hash TEXT NOT NULL, 
	payload JSON NOT NULL, 
	PRIMARY KEY (hash)
);
INSERT INTO "configurations" VALUES('458979869347ffe4e99a6248d35ebb118eee18ce167e2729759f6c7e6e86d3ba','{"id":"a1ec349c28e1690d","operation":"ttnn.add","arguments":{"arg0":{"type":"ttnn.Tensor","original_shape":[1,1,1024,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"arg1":{"type":"ttnn.Tensor","original_shape":[1,1,1,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"names":["input_tensor_a","input_tensor_b"],"output":{"type":"ttnn.Tensor","original_shape":[1,1,1024,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}}}');
INSERT INTO "configurations" VALUES('a604dc8dff05a094d7328174d6cb363a8ab928a8a6fa65f7ae2a053452b9fc8c','{"id":"7038ddde97fcaed6","operation":"ttnn.add","arguments":{"arg0":{"type":"ttnn.Tensor","original_shape":[1,1,1024,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"arg1":{"type":"ttnn.Tensor","original_shape":[1,1,1024,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"names":["input_tensor_a","input_tensor_b"],"output":{"type":"ttnn.Tensor","original_shape":[1,1,1024,1280],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}}}');
INSERT INTO "configurations" VALUES('dcc798d04235c174b210fcfa08c8ca5bd5370431cd535e1af23e5c4f6cf9ba40','{"id":"2ca5dbf6ce2dfb67","operation":"ttnn.add","arguments":{"arg0":{"type":"ttnn.Tensor","original_shape":[1,1,128,1024],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true},"tensor_placement":{"placement":"[''PlacementReplicate'', ''PlacementReplicate'']","distribution_shape":"[1, 8]","mesh_device_shape":"[1, 8]"}},"arg1":{"type":"ttnn.Tensor","original_shape":[1,1,128,1024],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true},"tensor_placement":{"placement":"[''PlacementReplicate'', ''PlacementReplicate'']","distribution_shape":"[1, 8]","mesh_device_shape":"[1, 8]"}},"memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true}},"names":["input_tensor_a","input_tensor_b"],"output":{"type":"ttnn.Tensor","original_shape":[1,1,128,1024],"original_dtype":"DataType.BFLOAT16","layout":"Layout.TILE","storage_type":"StorageType.DEVICE","memory_config":{"memory_layout":"TensorMemoryLayout.INTERLEAVED","buffer_type":"BufferType.DRAM","shard_spec":null,"is_sharded":false,"interleaved":true},"tensor_placement":{"placement":"[''PlacementReplicate'', ''PlacementReplicate'']","distribution_shape":"[1, 8]","mesh_device_shape":"[1, 8]"}}}');
INSERT INTO "configurations" VALUES('14c4047c94855048a340c2d0f57637a87c0cd824cba4c632651aba205dcf0e34','{"id":"good"}');
INSERT INTO "configurations" VALUES('5787bb8a80fcf3a34cd16b9ccd58339e087b9c7c449ef18cd8d93807656c8ece','{"id":"doubted"}');
INSERT INTO "configurations" VALUES('5871ee539cb163294752f0bdb00cfd473920ffea8156935206302357f82e99e2','{"id":"module","operation":"eltwise.add","module":{"name":"eltwise.add","file":"/sweeps/eltwise/add.py","paths":["/sweeps"],"environment":{},"seconds":60.0},"suite":"nightly","index":0,"input_hash":"a1","values":{"shape":[32,32]}}');
INSERT INTO "configurations" VALUES('8364a3a50bd72975a3b9ebac1d60194190ae362778c4bf456c2413975250943b','{"id":"never"}');
INSERT INTO "configurations" VALUES('9652e72547041e27fdec1cb9edfbb8f7312d6c1adc2dd1098bbbb2cd21994bb1','{"operation":"eltwise.sub","suite":"nightly","problem":"it can''t be imported"}');
INSERT INTO "configurations" VALUES('aa8bb17ae4e1426e088994054a46c0d453753985017c5de98c1a182d16e1b054','{"id":"model","operation":"bert","model":{"command":["pytest","test_bert.py"],"folder":"/traces/bert","packed":null,"arguments":[],"environment":{},"timeout":60.0}}');
INSERT INTO "configurations" VALUES('f59ce1ba2985436a96fced45e7d1c7081932580e4b1fe37f79676da23364ccad','{"id":"raw","operation":"ttnn.add","raw":{"arguments":3}}');
INSERT INTO "configurations" VALUES('fadf5d9d43dff714d17bacecbd96bb6c51a1c470b0e81902f8e86a76d029799e','{"id":"opened"}');
CREATE TABLE farm_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "farm_schema" VALUES(2);
CREATE TABLE runs (
	id TEXT NOT NULL, 
	started FLOAT NOT NULL, 
	finished FLOAT, 
	ended TEXT, 
	message TEXT NOT NULL, 
	command TEXT NOT NULL, 
	suite TEXT NOT NULL, 
	farm_version TEXT NOT NULL, 
	host TEXT NOT NULL, 
	details JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('20251122-214530-000001',1.7e+09,1.7e+09,'completed','','farm.sweep(boards=''fake:n300'', limit=3)','model_traced','0.1.0','host','{"master":"/srv/farm/master.json","operations":[],"boards":"fake:n300","selection":{"operations":[],"vectors":[],"limit":3}}');
INSERT INTO "runs" VALUES('20251122-214530-000002',1700000000.0,1700000010.0,'stopped','SIGINT','farm sweep --suite model_traced','model_traced','0.1.0','here','{"selection":{"operations":["ttnn.add"]},"master":"master.json","group":"nightly","shard":{"index":1,"of":2}}');
CREATE TABLE vectors (
	run_id TEXT NOT NULL, 
	vector_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	operation TEXT NOT NULL, 
	config_hash TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	configuration TEXT NOT NULL, 
	device_config JSON NOT NULL, 
	device_config_inferred BOOLEAN NOT NULL, 
	sources JSON NOT NULL, 
	lost JSON NOT NULL, 
	PRIMARY KEY (run_id, vector_id), 
	FOREIGN KEY(run_id) REFERENCES runs (id), 
	FOREIGN KEY(configuration) REFERENCES configurations (hash)
);
INSERT INTO "vectors" VALUES('20251122-214530-000001','a1ec349c28e1690d',0,'ttnn.add','9badae92e26825ab4b9b9702cf22696ce9f182dcafa04c501c0ec0c7618a2486','a1ec349c28e1690db960c31db09a54eacaf8a3ab514b3790adcb0cde9414afc3','458979869347ffe4e99a6248d35ebb118eee18ce167e2729759f6c7e6e86d3ba','{"mesh_shape":[1,1],"dispatch_core_type":"ETH","l1_small_size":32768}',0,'["tracer/zoo/test_sdxl.py::test_resnet_block[device_params0]"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000001','7038ddde97fcaed6',1,'ttnn.add','df92e3ca7c162d67e4c02eb1c032b16f636eaebd03adee70e5eaa139459d7400','7038ddde97fcaed68be9a9b827982e19f9cf3335a961dbcdaa04c2e3ded0fbe4','a604dc8dff05a094d7328174d6cb363a8ab928a8a6fa65f7ae2a053452b9fc8c','{"mesh_shape":[1,1],"dispatch_core_type":"ETH","l1_small_size":32768}',0,'["tracer/zoo/test_sdxl.py::test_resnet_block[device_params0]"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000001','2ca5dbf6ce2dfb67',2,'ttnn.add','d65f71a0ab9c224c7b14e9c22a29b62a770ba01076504dd99ef816acc1e00214','2ca5dbf6ce2dfb6745a87bb76ced11f7636a76ff6cc8cfeba22f2446806e86c1','dcc798d04235c174b210fcfa08c8ca5bd5370431cd535e1af23e5c4f6cf9ba40','{"mesh_shape":[1,8],"dispatch_core_type":"ETH","fabric":"FABRIC_1D","fabric_manager":"ENABLED"}',0,'["tracer/zoo/test_llama_parallel.py::test_attention[fabric_1d]","tracer/zoo/test_llama_parallel.py::test_mlp[fabric_1d]"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','good',0,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','14c4047c94855048a340c2d0f57637a87c0cd824cba4c632651aba205dcf0e34','{"mesh_shape":[1,1]}',0,'["models/demo"]','["arg3"]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','doubted',1,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','5787bb8a80fcf3a34cd16b9ccd58339e087b9c7c449ef18cd8d93807656c8ece','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','module',2,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','5871ee539cb163294752f0bdb00cfd473920ffea8156935206302357f82e99e2','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','opened',3,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','fadf5d9d43dff714d17bacecbd96bb6c51a1c470b0e81902f8e86a76d029799e','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','never',4,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','8364a3a50bd72975a3b9ebac1d60194190ae362778c4bf456c2413975250943b','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','problem',5,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','9652e72547041e27fdec1cb9edfbb8f7312d6c1adc2dd1098bbbb2cd21994bb1','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','raw',6,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','f59ce1ba2985436a96fced45e7d1c7081932580e4b1fe37f79676da23364ccad','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
INSERT INTO "vectors" VALUES('20251122-214530-000002','model',7,'ttnn.add','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','aa8bb17ae4e1426e088994054a46c0d453753985017c5de98c1a182d16e1b054','{"mesh_shape":[1,1]}',0,'["models/demo"]','[]');
CREATE TABLE verdicts (
	run_id TEXT NOT NULL, 
	vector_id TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (run_id, vector_id), 
	FOREIGN KEY(run_id, vector_id) REFERENCES vectors (run_id, vector_id)
);
INSERT INTO "verdicts" VALUES('20251122-214530-000001','2ca5dbf6ce2dfb67','not_run','unsatisfiable','no board here opens a 1 x 8 mesh of chips with 1 x 1 compute cores');
INSERT INTO "verdicts" VALUES('20251122-214530-000001','a1ec349c28e1690d','validated','','');
INSERT INTO "verdicts" VALUES('20251122-214530-000001','7038ddde97fcaed6','validated','','');
INSERT INTO "verdicts" VALUES('20251122-214530-000002','good','validated','','');
INSERT INTO "verdicts" VALUES('20251122-214530-000002','doubted','board_fault','board_suspect','failed on a board that then turned out bad (read 0xffffffff): boom');
INSERT INTO "verdicts" VALUES('20251122-214530-000002','module','fail_assert_exception','exception','it raised');
INSERT INTO "verdicts" VALUES('20251122-214530-000002','opened','flaky','','');
CREATE INDEX vectors_by_content ON vectors (content_hash, run_id);
CREATE INDEX vectors_by_operation ON vectors (operation, run_id);
CREATE INDEX board_events_by_run ON board_events (run_id, at);
COMMIT;
