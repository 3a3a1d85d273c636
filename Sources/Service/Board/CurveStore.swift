/// The course of a run's figures, in bounded room: when a curve has many points, each two neighbours become their mean. Points stand in the
/// order of their coming, so that "all from the thousandth on" is what came since.
package struct CurveStore: Sendable {
    package struct Curve: Sendable, Hashable {
        package let phase: String
        package let name: String

        package init(phase: String, name: String) {
            self.phase = phase
            self.name = name
        }
    }

    package struct Point: Sendable, Hashable {
        /// Index into `curves`.
        package let curve: Int
        /// The mean of the steps that it stands for.
        package let step: Double
        package let value: Double
    }

    /// Points of a curve at most.
    package static let mostPoints = 600
    package static let mostCurves = 64

    package private(set) var curves: [Curve] = []
    package private(set) var points: [Point] = []
    /// Another one when points that were handed out before do not stand any more.
    package private(set) var generation = 0
    private var courses: [Course] = []

    /// What is gathered for a curve's next point.
    private struct Course: Sendable {
        /// Values to a point.
        var stride = 1
        var count = 0
        var gathered = 0
        var steps = 0.0
        var values = 0.0
    }

    package init() {}

    /// Adds the figure of one step. What is not finite is left out.
    package mutating func add(_ value: Double, step: Double, to curve: Curve, weight: Int = 1) {
        guard value.isFinite, step.isFinite else { return }
        let index: Int
        if let known = curves.firstIndex(of: curve) {
            index = known
        } else {
            guard curves.count < Self.mostCurves else { return }
            index = curves.count
            curves.append(curve)
            courses.append(Course())
        }
        courses[index].gathered += weight
        courses[index].steps += step * Double(weight)
        courses[index].values += value * Double(weight)
        let course = courses[index]
        guard course.gathered >= course.stride else { return }
        let gathered = Double(course.gathered)
        points.append(Point(curve: index, step: course.steps / gathered, value: course.values / gathered))
        courses[index] = Course(stride: course.stride, count: course.count + 1)
        if courses[index].count > Self.mostPoints { thin(index) }
    }

    /// Forgets a phase's points from a step on, which will be taken again.
    package mutating func remove(phase: String, from step: Double) {
        let gone = points.filter { curves[$0.curve].phase == phase && $0.step >= step }
        let isGathering = curves.indices.contains { curves[$0].phase == phase && courses[$0].gathered > 0 }
        guard !gone.isEmpty || isGathering else { return }
        for point in gone { courses[point.curve].count -= 1 }
        points.removeAll { curves[$0.curve].phase == phase && $0.step >= step }
        for index in curves.indices where curves[index].phase == phase {
            (courses[index].gathered, courses[index].steps, courses[index].values) = (0, 0, 0)
        }
        generation += 1
    }

    private mutating func thin(_ index: Int) {
        var kept: [Point] = []
        var first: Point?
        var count = 0
        for point in points {
            guard point.curve == index else {
                kept.append(point)
                continue
            }
            guard let earlier = first else {
                first = point
                continue
            }
            kept.append(Point(curve: index, step: (earlier.step + point.step) / 2, value: (earlier.value + point.value) / 2))
            count += 1
            first = nil
        }
        if let first {
            kept.append(first)
            count += 1
        }
        points = kept
        courses[index].stride *= 2
        courses[index].count = count
        generation += 1
    }
}
