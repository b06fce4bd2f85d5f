from tests.small import small_context, small_experiment, train


def experiment(*settings):
    cc = ('strategy.terms={cc={name="correlation"}}', "strategy.baseline=false")
    return small_experiment(*cc, *settings, strategy="match")


def student_stage(*settings):
    small = experiment(*settings)
    return list(small_context(small).plan())[-1]


def test_embeddings_of_one_size_are_compared_as_they_are():
    stage = student_stage()
    assert not stage.heads
    assert stage.terms[1].reads == ("student.block1", "teacher.block1")


def test_only_the_student_is_projected_and_only_where_sizes_differ():
    stage = student_stage("networks.teacher.model.widths=[20, 12]")
    (head,) = stage.heads.values()
    assert (head.inputs, head.architecture) == (("student.block1",), "linear 8 → 12")
    assert stage.terms[1].reads == (head.name, "teacher.block2")
    assert {*stage.learners(0)} == {"student", head.name}


def test_the_projection_is_trained_and_kept():
    _, states = train(experiment("networks.teacher.model.widths=[12]"))
    assert states["1/cc projection 1"]["0.weight"].shape == (12, 8)
